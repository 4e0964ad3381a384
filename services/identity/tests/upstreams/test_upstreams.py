"""Upstreams that councils register: what they may be, who may register them, and what is never shown."""

import logging
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from chassis import ids
from identity.accounts.tables import account as accounts
from identity.accounts.tables import upstream_account
from identity.shared.rules.crypto import WrongMasterKeyError
from identity.upstream_login.store import links
from identity.upstreams.actions import keys, upstreams
from identity.upstreams.rules import registration as rules

URL = "/citytown/identity/v1/upstreams"
SCOPES = ["identity:clients", "identity:staff", "address:read"]
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ONE_LOGIN = "https://oidc.account.gov.uk/"
CANARY = "canary-5f1c9a7e3b2d4c6e8a0b"


def one_login(**overrides):
    titles = {"title": "GOV.UK One Login", "title_cy": "GOV.UK One Login"}
    fields = {"kind": "onelogin", "audience": "residents", "issuer": ONE_LOGIN, **titles}
    return {**fields, "client_id": ids.show(ids.new()), **overrides}


def entra(**overrides):
    titles = {"title": "Council account", "title_cy": "Cyfrif y cyngor"}
    fields = {"kind": "oidc", "audience": "staff", "issuer": ENTRA, "tenant": TENANT, **titles}
    return {**fields, "client_id": ids.show(ids.new()), "client_secret": CANARY, **overrides}


@pytest.fixture
def live(mint):
    """The headers of who runs a council's services and its roles."""
    return {"Authorization": f"Bearer {mint(scopes=SCOPES, mode='live', sub='keeper')}"}


@pytest.fixture(autouse=True)
async def empty_council(database):
    """Each test registers into an empty council."""
    yield
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM upstream"))


async def register(client, headers, body):
    response = await client.post(URL, json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def send_change(client, headers, registered, **members):
    tag = f'"{registered["version"]}"'
    return await client.patch(f"{URL}/{registered['id']}", json=members, headers={**headers, "If-Match": tag})


async def events_of(client, headers, registered):
    response = await client.get(f"{URL}/{registered['id']}/history", headers=headers)
    return [(item["act"], item["actor"], item["changes"]) for item in response.json()["items"]]


def jwks_path(registered):
    return f"/identity/upstream/citytown/{registered['id']}/jwks.json"


def errors_by_field(response):
    assert response.status_code == 400, response.text
    return {error["field"]: error["code"] for error in response.json()["errors"]}


async def link_new_account(database, registered, subject="someone"):
    account = ids.new()
    async with database.writing("citytown") as session:
        now = datetime.now(UTC)
        row = {"id": account, "status": "active", "language": "en", "version": 1, "created_at": now}
        await session.execute(insert(accounts), row)
        assert await links.insert_link(session, "citytown", ids.read(registered["id"]), subject, account, now)
    return account


async def test_one_login_is_registered_with_a_key_of_ours(client, live):
    registered = await register(client, live, one_login(identity_level="P2"))
    assert (registered["authentication"], registered["subject_claim"], registered["provisioning"]) == (
        "private_key_jwt",
        "sub",
        "scim",
    )
    assert registered["did_url"] == "https://identity.account.gov.uk/.well-known/did.json"
    base = f"http://test.invalid/identity/upstream/citytown/{registered['id']}/"
    assert (registered["redirect_uri"], registered["jwks_uri"]) == (f"{base}callback", f"{base}jwks.json")
    response = await client.get(jwks_path(registered))
    [key] = response.json()["keys"]
    assert (key["kty"], key["alg"], key["kid"]) == ("RSA", "RS256", registered["keys"][0]["kid"])
    assert not {"d", "p", "q"} & key.keys()
    assert "max-age" in response.headers["Cache-Control"]


async def test_a_directory_is_registered_with_its_secret_which_is_never_shown(client, live):
    registered = await register(client, live, entra(groups_claim="groups", provisioning="jit"))
    assert (registered["authentication"], registered["subject_claim"]) == ("client_secret", "oid")
    assert (registered["keys"], registered["session_hours"]) == ([], 8)
    for response in (
        await client.get(f"{URL}/{registered['id']}", headers=live),
        await client.get(URL, headers=live),
        await client.get(f"{URL}/{registered['id']}/history", headers=live),
    ):
        assert response.status_code == 200
        assert CANARY not in response.text
        assert "secret_sealed" not in response.text


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        ("http://login.citytown.gov.uk/", "bad_issuer"),
        ("https://login.citytown.gov.uk/?tenant=1", "bad_issuer"),
        ("https://login.citytown.gov.uk/#a", "bad_issuer"),
        ("https://LOGIN.citytown.gov.uk/", "bad_issuer"),
        ("https://10.0.0.1/", "bad_issuer"),
        ("https://user@login.citytown.gov.uk/", "bad_issuer"),
        ("https://login.microsoftonline.com/common/v2.0", "any_tenant"),
        ("https://login.microsoftonline.com/organizations/v2.0", "any_tenant"),
        ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", "any_tenant"),
        (f"https://sts.windows.net/{TENANT}/", "old_issuer"),
        (f"https://login.microsoftonline.com/{TENANT}", "not_of_tenant"),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0/", "not_of_tenant"),
        ("https://login.microsoftonline.com/0e3ad9e2-0000-4000-8000-7d2b3c4d5e6f/v2.0", "not_of_tenant"),
    ],
)
def test_an_issuer_is_taken_in_one_way_only(issuer, code):
    registration = rules.Registration(
        "oidc", "staff", issuer, "client_secret", ("openid",), TENANT, "oid", None, "scim", None
    )
    assert code in {fault.code for fault in rules.list_faults(registration, {}, laptop=False)}


def test_a_laptops_own_providers_are_taken_on_a_laptop_only():
    registration = rules.Registration(
        "onelogin", "residents", "http://127.0.0.1:9000/", "private_key_jwt", ("openid",), None, "sub",
        None, "scim", "P2",
    )  # fmt: skip
    assert list(rules.list_faults(registration, {}, laptop=True)) == []
    assert [fault.field for fault in rules.list_faults(registration, {}, laptop=False)] == ["issuer"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (one_login(audience="staff"), {"body.audience": "residents_only"}),
        (one_login(client_secret=CANARY), {"body.client_secret": "key_needed"}),
        (one_login(issuer="https://login.example.org/"), {"body.issuer": "not_trusted"}),
        (one_login(subject_claim="email"), {"body.subject_claim": "not_of_kind"}),
        (one_login(scopes=["email"]), {"body.scopes": "openid_missing"}),
        (one_login(provisioning="jit"), {"body.provisioning": "staff_only"}),
        (entra(subject_claim="upn"), {"body.subject_claim": "changes_hands"}),
        (entra(client_secret=None), {"body.client_secret": "secret_needed"}),
        (entra(tenant=None), {"body.tenant": "tenant_missing"}),
        (entra(tenant="common"), {"body.tenant": "bad_tenant"}),
        (entra(identity_level="P2"), {"body.identity_level": "not_of_kind"}),
        (entra(audience="residents", groups_claim="groups"), {"body.groups_claim": "staff_only"}),
    ],
)
async def test_what_does_not_fit_together_is_refused_member_by_member(client, live, body, expected):
    response = await client.post(URL, json=body, headers=live)
    assert errors_by_field(response).items() >= expected.items()
    assert CANARY not in response.text


async def test_a_sandbox_credential_registers_nothing(client, mint):
    headers = {"Authorization": f"Bearer {mint(scopes=SCOPES, mode='sandbox')}"}
    response = await client.post(URL, json=one_login(), headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "mode-not-held")


async def test_registering_a_directory_of_staff_takes_every_scope_that_staff_can_have(
    client, live, mint, database
):
    only_clients = {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='live')}"}
    response = await client.post(URL, json=entra(), headers=only_clients)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")
    assert (await client.post(URL, json=one_login(), headers=only_clients)).status_code == 201
    registered = await register(client, live, entra())
    async with database.writing("citytown") as session:
        row = "('citytown', 'payer', 'P', '{payments:read}', '{}', 1, now())"
        await session.execute(text(f"INSERT INTO role VALUES {row}"))
    for response in (
        await client.post(URL, json=entra(), headers=live),
        await send_change(client, live, registered, enabled=False),
        await client.delete(f"{URL}/{registered['id']}", headers=live),
    ):
        assert (response.status_code, response.json()["scopes"]) == (403, ["payments:read"])
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM role WHERE name = 'payer'"))


async def test_one_client_of_a_provider_is_registered_once_and_ten_at_most(client, live, app, monkeypatch):
    body = one_login()
    await register(client, live, body)
    response = await client.post(URL, json=body, headers=live)
    assert (response.status_code, response.json()["code"]) == (409, "registered-already")
    monkeypatch.setattr(app.state.settings, "upstreams_per_council", 2)
    await register(client, live, one_login())
    response = await client.post(URL, json=one_login(), headers=live)
    assert (response.status_code, response.json()["code"]) == (409, "too-many-upstreams")


async def test_a_request_repeated_with_its_key_registers_once(client, live):
    body, headers = entra(), {**live, "Idempotency-Key": ids.show(ids.new())}
    first, second = [await client.post(URL, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json())
    assert len((await client.get(URL, headers=live)).json()["items"]) == 1


async def test_the_list_is_read_page_by_page(client, live):
    registered = [await register(client, live, one_login()) for _ in range(3)]
    first = (await client.get(URL, params={"limit": 2}, headers=live)).json()
    rest = (await client.get(URL, params={"limit": 2, "after": first["next"]}, headers=live)).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [item["id"] for item in registered]
    assert first["items"][0]["keys"] == registered[0]["keys"]


async def test_a_change_needs_the_version_read_and_is_on_the_record(client, live):
    registered = await register(client, live, entra())
    assert (
        await client.patch(f"{URL}/{registered['id']}", json={"title": "x"}, headers=live)
    ).status_code == 428
    changed = await send_change(client, live, registered, title="Staff", enabled=False, groups_claim="groups")
    assert (changed.status_code, changed.json()["version"], changed.headers["ETag"]) == (200, 2, '"2"')
    assert (await send_change(client, live, registered, title="Late")).status_code == 412
    last = (await events_of(client, live, registered))[-1]
    assert last[:2] == ("changed", "keeper")
    assert last[2] == {
        "title": ["Council account", "Staff"], "enabled": [True, False], "groups_claim": [None, "groups"]
    }  # fmt: skip


@pytest.mark.parametrize("member", ["kind", "audience", "issuer", "tenant", "subject_claim", "did_url"])
async def test_who_vouches_for_people_never_changes(client, live, member):
    registered = await register(client, live, entra())
    answer = await send_change(client, live, registered, **{member: "https://elsewhere.example.org/"})
    assert list(errors_by_field(answer).values()) == ["extra_forbidden"]


async def test_a_key_is_published_before_it_signs_and_the_one_before_overlaps(client, live, database, app):
    registered = await register(client, live, one_login())
    response = await client.post(f"{URL}/{registered['id']}/keys", json={}, headers=live)
    assert response.status_code == 201, response.text
    published = [key["kid"] for key in (await client.get(jwks_path(registered))).json()["keys"]]
    assert published == [registered["keys"][0]["kid"], response.json()["kid"]]
    async with database.reading("citytown") as session:
        upstream = await upstreams.get_upstream(session, "citytown", ids.read(registered["id"]))
        signing_key = await keys.get_signing_key(session, app.state.settings, upstream)
    key = keys.import_key(signing_key)
    assert (key.kid, key.is_private) == (registered["keys"][0]["kid"], True)
    second = await client.post(f"{URL}/{registered['id']}/keys", json={}, headers=live)
    assert (second.status_code, second.json()["code"]) == (409, "key-waiting")


async def test_a_leaked_key_is_withdrawn_at_once_and_purged(client, live, database):
    registered = await register(client, live, one_login())
    response = await client.post(f"{URL}/{registered['id']}/keys", json={"lead_hours": 0}, headers=live)
    [only] = (await client.get(jwks_path(registered))).json()["keys"]
    assert only["kid"] == response.json()["kid"] != registered["keys"][0]["kid"]
    async with database.writing("*") as session:
        assert await keys.purge_keys(session, 10) == 1
        rows = await session.all(text("SELECT kid FROM upstream_key"))
    assert [row.kid for row in rows] == [only["kid"]]
    acts = [event[0] for event in await events_of(client, live, registered)]
    assert acts == ["registered", "keys-made"]


async def test_a_secret_gives_way_to_a_key_and_a_key_to_a_secret(client, live, database):
    elsewhere = {"issuer": "https://login.citytown.gov.uk/", "tenant": None}
    registered = await register(client, live, entra(**elsewhere))
    response = await send_change(client, live, registered, authentication="private_key_jwt")
    assert (response.status_code, response.json()["code"]) == (409, "no-key-signs")
    await client.post(f"{URL}/{registered['id']}/keys", json={}, headers=live)
    response = await send_change(client, live, registered, authentication="private_key_jwt")
    assert response.json()["authentication"] == "private_key_jwt"
    async with database.reading("citytown") as session:
        assert (
            await upstreams.get_upstream(session, "citytown", ids.read(registered["id"]))
        ).secret_sealed is None
    back = await send_change(client, live, response.json(), client_secret="another-secret-of-theirs")
    assert back.json()["authentication"] == "client_secret"
    assert [event[0] for event in await events_of(client, live, registered)] == [
        "registered", "keys-made", "changed", "changed", "secret-set",
    ]  # fmt: skip


async def test_a_sealed_secret_opens_in_its_own_row_only(client, live, database, app):
    first, other = [await register(client, live, entra()) for _ in range(2)]
    async with database.writing("citytown") as session:
        upstream = await upstreams.get_upstream(session, "citytown", ids.read(first["id"]))
        assert keys.open_secret(app.state.settings, upstream) == CANARY
        stolen = "UPDATE upstream SET secret_sealed = :sealed WHERE id = :id"
        await session.execute(text(stolen), {"sealed": upstream.secret_sealed, "id": ids.read(other["id"])})
        moved = await upstreams.get_upstream(session, "citytown", ids.read(other["id"]))
    with pytest.raises(WrongMasterKeyError):
        keys.open_secret(app.state.settings, moved)


async def test_a_secret_is_in_no_log_no_table_and_no_event(client, live, database, caplog):
    caplog.set_level(logging.DEBUG)
    headers = {**live, "Idempotency-Key": ids.show(ids.new())}
    registered = (await client.post(URL, json=entra(), headers=headers)).json()
    await send_change(client, live, registered, client_secret=f"{CANARY}-2")
    await client.post(URL, json={**entra(), "client_secret": f"{CANARY}\u0000" * 40}, headers=live)
    async with database.writing("*") as session:
        names = await session.all(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = [
            await session.all(text(f"SELECT whole::text AS row FROM {name.tablename} AS whole"))
            for name in names
        ]
    tables = "\n".join(row.row for table in rows for row in table)
    assert registered["client_id"] in tables
    assert CANARY not in tables
    assert CANARY.encode().hex() not in tables
    assert CANARY not in caplog.text


async def test_who_is_linked_keeps_the_account_when_the_upstream_goes(client, live, database):
    registered = await register(client, live, one_login())
    account = await link_new_account(database, registered)
    assert (await client.delete(f"{URL}/{registered['id']}", headers=live)).status_code == 204
    assert (await client.get(f"{URL}/{registered['id']}", headers=live)).status_code == 404
    assert (await client.get(jwks_path(registered))).status_code == 404
    async with database.reading("*") as session:
        assert await links.list_by_account(session, account) == []
        entry = await session.first(
            text("SELECT what, council, about FROM account_history WHERE account = :id"), {"id": account}
        )
        status = await session.scalar(text("SELECT status FROM account WHERE id = :id"), {"id": account})
    assert (entry.what, entry.council, entry.about) == ("upstream removed", "citytown", "GOV.UK One Login")
    assert status == "active"
    last = (await events_of(client, live, registered))[-1]
    assert (last[0], last[2]["linked_accounts"]) == ("removed", [1, 0])


async def test_a_subject_is_one_account_and_an_account_one_subject(client, live, database):
    registered = await register(client, live, one_login())
    account = await link_new_account(database, registered)
    upstream, now = ids.read(registered["id"]), datetime.now(UTC)
    async with database.writing("citytown") as session:
        assert not await links.insert_link(session, "citytown", upstream, "someone", ids.new(), now)
        assert not await links.insert_link(session, "citytown", upstream, "another", account, now)
        assert await links.get_account(session, "citytown", upstream, "someone") == account
        assert await links.delete_link(session, "citytown", upstream, account)
        assert await links.get_account(session, "citytown", upstream, "someone") is None


async def test_no_council_sees_anothers_upstreams(client, live, mint, database):
    registered = await register(client, live, one_login())
    await link_new_account(database, registered)
    other = {"Authorization": f"Bearer {mint(scopes=SCOPES, councils=['hillshire'], mode='live')}"}
    for method, path in (
        ("GET", f"{URL}/{registered['id']}"),
        ("DELETE", f"{URL}/{registered['id']}"),
        ("GET", URL),
    ):
        assert (await client.request(method, path, headers=other)).status_code == 403
    theirs = await client.get(f"/hillshire/identity/v1/upstreams/{registered['id']}", headers=other)
    assert theirs.status_code == 404
    async with database.reading("hillshire") as session:
        assert await session.all(text("SELECT * FROM upstream_account")) == []
    assert upstream_account.info["row_level_security"]


async def test_who_signed_in_there_is_told_to_use_another_way(client, live, database, browser):
    message = "GOV.UK One Login can no longer be used to sign in here"
    unused, registered = [
        await register(client, live, one_login(title=title)) for title in ("Unused", "GOV.UK One Login")
    ]
    await link_new_account(database, registered)
    tab = browser()
    assert message not in (await tab.get("/identity/sign-in?council=citytown")).text
    for removed in (unused, registered):
        await client.delete(f"{URL}/{removed['id']}", headers=live)
    page = (await tab.get("/identity/sign-in?council=citytown")).text
    assert message in page
    assert "Unused" not in page
    await register(client, live, one_login())
    assert message not in (await tab.get("/identity/sign-in?council=citytown")).text  # it is there again


async def test_the_account_says_that_a_way_to_sign_in_has_gone(client, live, database, resident, visitor):
    registered = await register(client, live, one_login())
    async with database.writing("citytown") as session:
        now = datetime.now(UTC)
        assert await links.insert_link(
            session, "citytown", ids.read(registered["id"]), "resident", resident, now
        )
    await client.delete(f"{URL}/{registered['id']}", headers=live)
    page = await visitor.get("/identity/account/history")
    assert "no longer lets people sign in with another provider" in page.text
