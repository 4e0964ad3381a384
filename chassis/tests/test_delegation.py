"""Who acts for another: by a mandate, in its theme, where an operation says so, and nowhere else."""

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest

from chassis import ids, revocations
from chassis.openapi import operations

BASE = "/citytown/notes/v1"
SCOPES = ("notes:own", "notes:read")
THEMES = ("waste", "council-tax", "")
STATES = ("holds", "revoked", "ended", "principal refused", "delegate refused")
TABLE = list(itertools.product(SCOPES, THEMES, STATES))
BEN = {"act": {"sub": "ben"}, "mandate": "lasting", "theme": "waste"}


@pytest.fixture
def acting(mint):
    """The header of a token by which Ben acts for Rosa."""

    def header(*scopes, **claims):
        return {"key": mint(scopes=list(scopes), **{"sub": "rosa", **BEN, **claims})}

    return header


def code(answer):
    return answer.status_code, answer.json().get("code")


async def note(client, headers):
    return await client.post(f"{BASE}/bins", json={"text": "The bin is full"}, headers=headers)


async def test_a_delegate_does_what_is_of_his_theme_and_the_record_has_both(client, mint, acting):
    made = await note(client, acting("notes:own"))
    assert made.status_code == 201
    alone = await note(client, {"key": mint(scopes=["notes:own"], sub="rosa")})
    records = [
        (await client.get(f"{BASE}/own/{one.json()['id']}", headers=acting("notes:own"))).json()
        for one in (made, alone)
    ]
    assert records == [{"sub": "rosa", "act": "ben", "mandate": "lasting"}, {"sub": "rosa"}]


async def test_a_delegate_is_refused_wherever_nothing_is_said_of_delegates(client, acting):
    every = acting("notes:read", "notes:write", "notes:own")
    for method, path in (("GET", "notes"), ("POST", "notes"), ("GET", "council")):
        answer = await client.request(method, f"{BASE}/{path}", headers=every)
        assert code(answer) == (403, "not-for-delegates")
        assert "themselves" in answer.json()["detail"]


async def test_another_theme_is_refused_and_the_one_needed_is_named(client, acting):
    answer = await note(client, acting("notes:own", theme="council-tax"))
    assert code(answer) == (403, "wrong-theme")
    assert answer.json()["theme"] == "waste"


async def test_the_theme_may_be_that_of_the_resource(client, mint, acting):
    made = (await note(client, acting("notes:own"))).json()["id"]
    written = await client.post(
        f"{BASE}/notes",
        json={"text": "Of no theme"},
        headers={"key": mint(scopes=["notes:write"]), "Idempotency-Key": ids.show(ids.new())},
    )
    path = f"{BASE}/own/{{}}"
    assert (await client.get(path.format(made), headers=acting("notes:own"))).status_code == 200
    other = await client.get(path.format(made), headers=acting("notes:own", theme="parking"))
    assert code(other) == (403, "wrong-theme")
    for nothing in (written.json()["id"], ids.show(ids.new()), "no-id"):
        refused = await client.get(path.format(nothing), headers=acting("notes:own"))
        assert code(refused) == (403, "not-for-delegates")


@pytest.mark.parametrize("lacking", [{"act"}, {"mandate"}, {"theme"}, {"act", "theme"}, {"act", "mandate"}])
async def test_a_token_that_says_by_halves_that_somebody_acts_is_good_for_nothing(client, mint, lacking):
    claims = {name: value for name, value in BEN.items() if name not in lacking}
    headers = {"key": mint(scopes=["notes:own", "notes:read"], sub="rosa", **claims)}
    assert (await note(client, headers)).status_code == 403
    assert (await client.get(f"{BASE}/notes", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "act", [{"sub": "ben", "act": {"sub": "third"}}, {}, "ben", {"sub": ""}, {"sub": 1}, []]
)
async def test_nobody_acts_through_a_third(client, acting, act):
    assert code(await note(client, acting("notes:own", act=act))) == (401, "invalid-credential")


@pytest.mark.parametrize(
    ("scope", "theme", "state"),
    TABLE,
)
async def test_only_scope_theme_and_a_mandate_that_holds_together_let_a_delegate_in(
    client, app, acting, scope, theme, state
):
    name = ids.show(ids.new())
    who = {"sub": f"rosa-{name}", "act": {"sub": f"ben-{name}"}, "mandate": name, "theme": theme}
    gone = {"revoked": name, "principal refused": who["sub"], "delegate refused": f"ben-{name}"}.get(state)
    if gone:
        async with app.state.database.writing() as session:
            await revocations.revoke(session, "citytown", gone, datetime.now(UTC) + timedelta(minutes=11))
        await app.state.directory.refresh()
    now = int(time.time())
    headers = acting(scope, **who, exp=now if state == "ended" else now + 60)
    found = code(await note(client, headers))
    if state != "holds":
        assert found == (401, "expired-credential" if state == "ended" else "revoked-credential")
    elif theme != "waste":
        assert found == (403, "wrong-theme")
    else:
        assert found == ((201, None) if scope == "notes:own" else (403, "missing-scope"))


async def test_a_delegates_token_ends_to_the_second_though_others_have_a_leeway(
    client, mint, acting, monkeypatch
):
    end = int(time.time()) + 60
    his, own = acting("notes:own", exp=end), {"key": mint(scopes=["notes:own"], exp=end)}
    answers = []
    for moment in (end - 0.001, end, end + 4.9, end + 5):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        answers.append([(await note(client, headers)).status_code for headers in (his, own)])
    assert answers == [[201, 201], [401, 201], [401, 201], [401, 401]]


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # of a form's page and its post
def test_the_document_says_where_a_delegate_may_act(app):
    found = {
        operation["operationId"]: operation.get("x-delegation") for _, operation in operations(app.openapi())
    }
    assert {name: said for name, said in found.items() if said} == {
        "note_bins": {"theme": "waste"},
        "read_own": {"theme": "of-the-resource"},
    }
    security = next(o["security"] for _, o in operations(app.openapi()) if o["operationId"] == "note_bins")
    assert security[0] == {"oauth2": ["notes:own"]}
    assert set(app.openapi()["components"]["securitySchemes"]) >= {"oauth2", "apiKeyHeader"}
    assert not [name for name in app.openapi()["components"]["securitySchemes"] if ":" in name]
