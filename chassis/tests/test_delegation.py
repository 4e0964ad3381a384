"""Delegates act by a mandate, in its theme, on operations open to delegates, and nowhere else."""

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest

from chassis import ids, revocations
from chassis.openapi import operations

BASE = "/citytown/notes/v1"
SCOPES = ("notes:own", "notes:read")
THEMES = ("waste", "council-tax", "")
STATES = ("valid", "revoked", "ended", "principal refused", "delegate refused")
TABLE = list(itertools.product(SCOPES, THEMES, STATES))
BEN = {"act": {"sub": "ben"}, "mandate": "lasting", "theme": "waste"}


@pytest.fixture
def acting(mint_delegate):
    """Make the header of a token by which Ben acts for Rosa."""

    def header(*scopes, **claims):
        return {"key": mint_delegate(scopes=list(scopes), **claims)}

    return header


def status_and_code(response):
    return response.status_code, response.json().get("code")


async def note(client, headers):
    return await client.post(f"{BASE}/bins", json={"text": "The bin is full"}, headers=headers)


async def test_a_delegate_acts_in_their_theme_and_the_record_names_both(client, mint_person, acting):
    by_delegate = await note(client, acting("notes:own"))
    assert by_delegate.status_code == 201
    by_person = await note(client, {"key": mint_person("rosa", scopes=["notes:own"])})
    records = [
        (await client.get(f"{BASE}/own/{created.json()['id']}", headers=acting("notes:own"))).json()
        for created in (by_delegate, by_person)
    ]
    assert records == [{"sub": "rosa", "act": "ben", "mandate": "lasting"}, {"sub": "rosa"}]


async def test_a_delegate_is_refused_on_operations_not_open_to_delegates(client, acting):
    all_scopes = acting("notes:read", "notes:write", "notes:own")
    for method, path in (("GET", "notes"), ("POST", "notes"), ("GET", "council")):
        response = await client.request(method, f"{BASE}/{path}", headers=all_scopes)
        assert status_and_code(response) == (403, "not-for-delegates")
        assert "themselves" in response.json()["detail"]


async def test_another_theme_is_refused_and_the_one_needed_is_named(client, acting):
    response = await note(client, acting("notes:own", theme="council-tax"))
    assert status_and_code(response) == (403, "wrong-theme")
    assert response.json()["theme"] == "waste"


async def test_the_theme_may_be_that_of_the_resource(client, mint, acting):
    note_id = (await note(client, acting("notes:own"))).json()["id"]
    without_theme = await client.post(
        f"{BASE}/notes",
        json={"text": "Of no theme"},
        headers={"key": mint(scopes=["notes:write"]), "Idempotency-Key": ids.show(ids.new())},
    )
    path = f"{BASE}/own/{{}}"
    assert (await client.get(path.format(note_id), headers=acting("notes:own"))).status_code == 200
    wrong_theme = await client.get(path.format(note_id), headers=acting("notes:own", theme="parking"))
    assert status_and_code(wrong_theme) == (403, "wrong-theme")
    for other_id in (without_theme.json()["id"], ids.show(ids.new()), "no-id"):
        refused = await client.get(path.format(other_id), headers=acting("notes:own"))
        assert status_and_code(refused) == (403, "not-for-delegates")


@pytest.mark.parametrize("missing", [{"act"}, {"mandate"}, {"theme"}, {"act", "theme"}, {"act", "mandate"}])
async def test_a_token_with_only_some_claims_of_a_delegate_is_refused(client, mint_person, missing):
    claims = {name: value for name, value in BEN.items() if name not in missing}
    headers = {"key": mint_person("rosa", scopes=["notes:own", "notes:read"], **claims)}
    assert (await note(client, headers)).status_code == 403
    assert (await client.get(f"{BASE}/notes", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "act", [{"sub": "ben", "act": {"sub": "third"}}, {}, "ben", {"sub": ""}, {"sub": 1}, []]
)
async def test_a_chain_of_actors_is_refused(client, acting, act):
    assert status_and_code(await note(client, acting("notes:own", act=act))) == (401, "invalid-credential")


@pytest.mark.parametrize(
    ("scope", "theme", "state"),
    TABLE,
)
async def test_a_delegate_needs_the_scope_the_theme_and_a_valid_mandate(
    client, app, acting, scope, theme, state
):
    name = ids.show(ids.new())
    claims = {"sub": f"rosa-{name}", "act": {"sub": f"ben-{name}"}, "mandate": name, "theme": theme}
    revoked_id = {"revoked": name, "principal refused": claims["sub"], "delegate refused": f"ben-{name}"}.get(
        state
    )
    if revoked_id:
        async with app.state.database.writing() as session:
            await revocations.revoke(
                session, "citytown", revoked_id, datetime.now(UTC) + timedelta(minutes=11)
            )
        await app.state.table_copies.refresh()
    now = int(time.time())
    headers = acting(scope, **claims, exp=now if state == "ended" else now + 60)
    result = status_and_code(await note(client, headers))
    if state != "valid":
        assert result == (401, "expired-credential" if state == "ended" else "revoked-credential")
    elif theme != "waste":
        assert result == (403, "wrong-theme")
    else:
        assert result == ((201, None) if scope == "notes:own" else (403, "missing-scope"))


async def test_a_delegates_token_expires_to_the_second_while_others_have_a_leeway(
    client, mint, acting, set_clock
):
    end = int(time.time()) + 60
    delegate, person = acting("notes:own", exp=end), {"key": mint(scopes=["notes:own"], exp=end)}
    statuses = []
    for now in (end - 0.001, end, end + 4.9, end + 5):
        set_clock(now)
        statuses.append([(await note(client, headers)).status_code for headers in (delegate, person)])
    assert statuses == [[201, 201], [401, 201], [401, 201], [401, 401]]


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # of a form's page and its post
def test_the_document_says_where_a_delegate_may_act(app):
    delegation = {
        operation["operationId"]: operation.get("x-delegation") for _, operation in operations(app.openapi())
    }
    assert {name: theme for name, theme in delegation.items() if theme} == {
        "note_bins": {"theme": "waste"},
        "read_own": {"theme": "of-the-resource"},
    }
    security = next(o["security"] for _, o in operations(app.openapi()) if o["operationId"] == "note_bins")
    assert security[0] == {"oauth2": ["notes:own"]}
    assert set(app.openapi()["components"]["securitySchemes"]) >= {"oauth2", "apiKeyHeader"}
    assert not [name for name in app.openapi()["components"]["securitySchemes"] if ":" in name]
