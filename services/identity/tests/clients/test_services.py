"""Services that a council registers itself: what they may be, and that every change is live and on record."""

import asyncio

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis import audit, ids
from chassis.testing import published

URL = "/citytown/identity/v1/services"
CALLBACK = "https://bins.citytown.gov.uk/signed-in"
SCOPES = ["identity:clients", "address:read"]


def key(kid):
    return ECKey.generate_key("P-256", {"kid": kid})


def body(**overrides):
    return {
        "name": f"Bins {ids.show(ids.new())}",
        "name_cy": "Biniau",
        "mode": "sandbox",
        "redirect_uris": [CALLBACK],
        **overrides,
    }


@pytest.fixture
def sandbox(mint):
    """The headers of a council's developer, who has a sandbox credential only."""
    return {"Authorization": f"Bearer {mint(scopes=SCOPES, mode='sandbox', sub='developer')}"}


@pytest.fixture
def live(mint):
    return {"Authorization": f"Bearer {mint(scopes=SCOPES, mode='live', sub='keeper')}"}


async def register(client, headers, **overrides):
    response = await client.post(URL, json=body(**overrides), headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def change(client, headers, service, **members):
    tag = f'"{service["version"]}"'
    return await client.patch(
        f"{URL}/{service['client_id']}", json=members, headers={**headers, "If-Match": tag}
    )


async def get_service(client, headers, service):
    return (await client.get(f"{URL}/{service['client_id']}", headers=headers)).json()


async def history(client, headers, service):
    response = await client.get(f"{URL}/{service['client_id']}/history", headers=headers)
    return [(event["act"], event["actor"], event["changes"]) for event in response.json()["items"]]


async def token(client, service, secret=None, **form):
    response = await client.post(
        "/identity/token",
        data={"grant_type": "client_credentials", **form},
        auth=(service["client_id"], secret or service["client_secret"]),
    )
    return response.json().get("access_token")


def errors(response):
    assert response.status_code == 400, response.text
    return {error["field"] for error in response.json()["errors"]}


async def test_a_sandbox_service_needs_no_operator_and_its_secret_is_shown_once(client, sandbox):
    service = await register(client, sandbox, machine_scopes=["address:read"])
    assert service["client_secret"].startswith("ths_")
    assert (service["subject_type"], service["id_token_alg"], service["profile"]) == (
        "pairwise",
        "ES256",
        "standard",
    )
    read_service = await client.get(f"{URL}/{service['client_id']}", headers=sandbox)
    assert read_service.headers["ETag"] == '"1"'
    assert service["client_secret"] not in read_service.text
    assert read_service.json() == {name: value for name, value in service.items() if name != "client_secret"}
    assert await token(client, service)


async def test_going_live_needs_a_live_credential(client, sandbox, live):
    response = await client.post(URL, json=body(mode="live"), headers=sandbox)
    assert (response.status_code, response.json()["code"]) == (403, "mode-not-held")
    assert (await register(client, live, mode="live"))["mode"] == "live"


async def test_a_sandbox_service_never_gets_a_live_token(client, live):
    service = await register(client, live, mode="sandbox", machine_scopes=["address:read"])
    jwks = (await client.get("/identity/.well-known/jwks.json")).json()
    claims = jwt.decode(await token(client, service), KeySet.import_key_set(jwks)).claims
    assert claims["mode"] == "sandbox"


async def test_the_mode_of_a_service_never_changes(client, live):
    service = await register(client, live)
    assert errors(await change(client, live, service, mode="live")) == {"body.mode"}


@pytest.mark.parametrize("verb", ["change", "secret", "end", "retire"])
async def test_a_sandbox_credential_touches_nothing_live(client, sandbox, live, verb):
    service = await register(client, live, mode="live")
    url = f"{URL}/{service['client_id']}"
    answer = {
        "change": lambda: change(client, sandbox, service, name="Mine"),
        "secret": lambda: client.post(f"{url}/secrets", json={}, headers=sandbox),
        "end": lambda: client.delete(f"{url}/secrets/previous", headers=sandbox),
        "retire": lambda: client.delete(url, headers=sandbox),
    }[verb]
    refused = await answer()
    assert (refused.status_code, refused.json()["code"]) == (403, "mode-not-held")
    assert (await get_service(client, live, service))["version"] == 1


async def test_the_sandbox_may_use_the_developers_machine_and_live_may_not(client, live):
    local = ["http://localhost:3000/cb", "http://127.0.0.1/cb"]
    assert (await register(client, live, redirect_uris=local))["redirect_uris"] == local
    response = await client.post(URL, json=body(mode="live", redirect_uris=[CALLBACK, *local]), headers=live)
    assert errors(response) == {"body.redirect_uris.1", "body.redirect_uris.2"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"redirect_uris": []}, "body.redirect_uris"),
        ({"redirect_uris": [f"{CALLBACK}/{n}" for n in range(21)]}, "body.redirect_uris"),
        ({"redirect_uris": [CALLBACK, CALLBACK]}, "body.redirect_uris.1"),
        ({"redirect_uris": [f"{CALLBACK}#x"]}, "body.redirect_uris.0"),
        ({"post_logout_redirect_uris": ["https://*.gov.uk"]}, "body.post_logout_redirect_uris.0"),
        ({"backchannel_logout_uri": "http://bins.citytown.gov.uk/out"}, "body.backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://127.0.0.1/out"}, "body.backchannel_logout_uri"),
        ({"jwks_uri": "https://localhost/keys"}, "body.jwks_uri"),
        ({"jwks": {"keys": []}}, "body.jwks.keys"),
        ({"scopes": ["email"]}, "body.scopes"),
        ({"scopes": ["openid", "no:such"]}, "body.scopes"),
        ({"scopes": ["openid", "offline_access"], "profile": "onelogin"}, "body.scopes"),
        ({"machine_scopes": ["no:such"]}, "body.machine_scopes"),
        ({"claims": ["address"]}, "body.claims"),
        ({"claims": ["password"], "identity_levels": ["P2"]}, "body.claims.0"),
        ({"identity_levels": ["P9"]}, "body.identity_levels.0"),
        ({"id_token_alg": "none"}, "body.id_token_alg"),
        ({"profile": "saml"}, "body.profile"),
        ({"name_cy": ""}, "body.name_cy"),
        ({"logo_uri": "https://bins.citytown.gov.uk/logo.png"}, "body.logo_uri"),
        ({"subject_type": "public"}, "body.subject_type"),
        ({"contacts": ["nobody"]}, "body.contacts.0"),
    ],
)
async def test_an_error_names_the_member(client, live, members, field):
    response = await client.post(URL, json=body(**members), headers=live)
    assert any(error.startswith(field) for error in errors(response))


async def test_all_errors_are_reported_at_once(client, live):
    wrong = body(redirect_uris=["http://x.gov.uk/"], scopes=["email"], claims=["identity"])
    faults = errors(await client.post(URL, json=wrong, headers=live))
    assert faults == {"body.redirect_uris.0", "body.scopes", "body.claims"}


async def test_uploaded_keys_and_a_url_of_keys_exclude_each_other(client, live):
    keys = {"keys": [key("a").as_dict(private=False)]}
    response = await client.post(URL, json=body(jwks=keys, jwks_uri="https://x.gov.uk/keys"), headers=live)
    assert response.status_code == 400
    assert "not both" in response.text


@pytest.mark.parametrize("member", ["scopes", "machine_scopes"])
async def test_nobody_grants_a_service_scopes_they_do_not_hold(client, live, member):
    scopes = ["payments:read"] + (["openid"] if member == "scopes" else [])
    response = await client.post(URL, json=body(**{member: scopes}), headers=live)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")


async def test_nobody_takes_over_a_service_for_scopes_they_do_not_hold(client, live, operator, mint):
    service = await register(client, operator, machine_scopes=["address:read"])
    lacking = {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='live')}"}
    secret = await client.post(f"{URL}/{service['client_id']}/secrets", json={}, headers=lacking)
    keys = {"keys": [key("mine").as_dict(private=False)]}
    for response in (secret, await change(client, lacking, service, jwks=keys)):
        assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")
    assert await token(client, service)


async def test_only_the_operator_says_that_a_service_needs_no_consent(client, live, operator):
    response = await client.post(URL, json=body(first_party=True), headers=live)
    assert (response.status_code, response.json()["code"]) == (403, "operator-needed")
    service = await register(client, live)
    assert (await change(client, live, service, first_party=True)).status_code == 403
    changed = await change(client, operator, service, first_party=True)
    assert changed.json()["first_party"] is True


async def test_a_change_needs_the_version_it_was_made_on(client, live):
    service = await register(client, live)
    url = f"{URL}/{service['client_id']}"
    assert (await client.patch(url, json={"name_cy": "X"}, headers=live)).status_code == 428
    first = await change(client, live, service, name_cy="Sbwriel")
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    late = await change(client, live, service, name_cy="Arall")
    assert (late.status_code, late.json()["code"]) == (412, "version-changed")
    assert (await get_service(client, live, service))["name_cy"] == "Sbwriel"


async def test_of_two_changes_at_once_one_is_refused(client, live):
    service = await register(client, live)
    responses = await asyncio.gather(*(change(client, live, service, name_cy=f"Bin {n}") for n in range(4)))
    assert sorted(response.status_code for response in responses) == [200, 412, 412, 412]


async def test_a_change_keeps_what_it_does_not_name(client, live):
    service = await register(client, live, contacts=["bins@citytown.gov.uk"], scopes=["openid", "email"])
    out = "https://bins.citytown.gov.uk/out"
    changed = (await change(client, live, service, backchannel_logout_uri=out)).json()
    names = {name for name in changed if changed[name] != service[name]}
    assert names - {"updated_at"} == {"backchannel_logout_uri", "version"}
    cleared = (await change(client, live, changed, backchannel_logout_uri=None)).json()
    assert cleared["backchannel_logout_uri"] is None


@pytest.mark.parametrize("members", [{}, {"name": None}, {"redirect_uris": None}, {"client_id": "x"}])
async def test_a_change_of_nothing_or_to_nothing_is_refused(client, live, members):
    service = await register(client, live)
    assert (await change(client, live, service, **members)).status_code == 400


async def test_a_change_is_judged_by_the_mode_the_service_has(client, live):
    service = await register(client, live, mode="live")
    answer = await change(client, live, service, redirect_uris=["http://localhost/cb"])
    assert errors(answer) == {"body.redirect_uris.0"}


async def test_a_name_is_one_services(client, live):
    first, second = await register(client, live), await register(client, live)
    again = await client.post(URL, json=body(name=first["name"]), headers=live)
    renamed = await change(client, live, second, name=first["name"])
    for response in (again, renamed):
        assert (response.status_code, response.json()["code"]) == (409, "name-in-use")


async def test_a_repeated_registration_gets_the_same_secret(client, live):
    options = {"json": body(), "headers": {**live, "Idempotency-Key": "register-again"}}
    first, second = [await client.post(URL, **options) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_two_secrets_work_while_one_follows_the_other(client, live):
    service = await register(client, live)
    options = {"json": {"overlap_hours": 1}, "headers": {**live, "Idempotency-Key": ids.show(ids.new())}}
    url = f"{URL}/{service['client_id']}/secrets"
    new, again = [(await client.post(url, **options)).json() for _ in range(2)]
    assert new == again
    assert new["client_secret"] != service["client_secret"]
    assert await token(client, service)
    assert await token(client, service, new["client_secret"])
    newest = (await client.post(url, json={}, headers=live)).json()
    assert await token(client, service) is None, "of three secrets the oldest is out of use"
    assert await token(client, service, new["client_secret"])
    assert (await client.delete(f"{url}/previous", headers=live)).status_code == 204
    assert await token(client, service, new["client_secret"]) is None
    assert await token(client, service, newest["client_secret"])
    assert (await client.delete(f"{url}/previous", headers=live)).status_code == 404


async def test_a_leaked_secret_is_refused_at_once(client, live):
    service = await register(client, live)
    new = await client.post(f"{URL}/{service['client_id']}/secrets", json={"overlap_hours": 0}, headers=live)
    assert await token(client, service) is None
    assert await token(client, service, new.json()["client_secret"])


async def test_the_secret_before_ends_with_its_time(client, live, app, monkeypatch):
    service = await register(client, live)
    await client.post(f"{URL}/{service['client_id']}/secrets", json={"overlap_hours": 1}, headers=live)
    issuer = app.state.issuer
    now = issuer.clock()
    monkeypatch.setattr(issuer, "clock", lambda: now + 3_500)
    assert await token(client, service)
    monkeypatch.setattr(issuer, "clock", lambda: now + 3_601)
    assert await token(client, service) is None


async def test_keys_in_place_of_a_secret_and_back(client, live):
    service = await register(client, live)
    keys = {"keys": [key("a").as_dict(private=False)]}
    changed = (await change(client, live, service, jwks=keys)).json()
    assert (changed["authentication"], changed["jwks"]["keys"][0]["kid"]) == ("private_key_jwt", "a")
    assert await token(client, service) is None
    new = await client.post(f"{URL}/{service['client_id']}/secrets", json={}, headers=live)
    assert new.json()["previous_secret_until"] is None
    read_service = await get_service(client, live, service)
    assert (read_service["authentication"], read_service["jwks"]) == ("client_secret", None)
    assert await token(client, service, new.json()["client_secret"])


async def test_a_retired_service_and_its_tokens_are_refused_at_once(client, live, database):
    service = await register(client, live, machine_scopes=["address:read"])
    assert await token(client, service)
    for _ in range(2):
        assert (await client.delete(f"{URL}/{service['client_id']}", headers=live)).status_code == 204
    assert await token(client, service) is None
    assert (await client.get(f"{URL}/{service['client_id']}", headers=live)).status_code == 404
    [event] = [event for event in await published(database) if event.subject == service["client_id"]]
    assert event.type == "identity.token.revoked.v1"
    assert [act for act, *_ in await history(client, live, service)] == ["registered", "retired"]


async def test_a_service_is_not_revoked_past_the_record(client, live):
    service = await register(client, live)
    response = await client.delete(f"/citytown/identity/v1/clients/{service['client_id']}", headers=live)
    assert (response.status_code, response.json()["code"]) == (409, "is-a-service")
    assert await token(client, service)


async def test_the_history_says_who_did_what_without_secrets_or_personal_data(
    client, live, sandbox, database
):
    service = await register(client, sandbox, contacts=["someone@citytown.gov.uk"])
    await change(client, live, service, name_cy="Sbwriel", contacts=["other@citytown.gov.uk"])
    await client.post(f"{URL}/{service['client_id']}/secrets", json={}, headers=live)
    await client.delete(f"{URL}/{service['client_id']}/secrets/previous", headers=live)
    events = await history(client, live, service)
    assert [(act, actor) for act, actor, _ in events] == [
        ("registered", "developer"),
        ("changed", "keeper"),
        ("secret-made", "keeper"),
        ("secret-ended", "keeper"),
    ]
    assert events[1][2] == {"name_cy": ["Biniau", "Sbwriel"], "contacts": []}
    assert events[0][2]["redirect_uris"] == [None, [CALLBACK]]
    async with database.reading("citytown") as session:
        entries = await audit.list_by_aggregate(
            session, "citytown", "identity.service", service["client_id"], None, 9
        )
    assert {(entry.actor_kind, entry.credential) for entry in entries} == {("staff", "test-client")}
    assert "@" not in str(entries)
    assert "ths_" not in str(entries)


async def test_services_are_listed_by_mode(client, live):
    first, second = await register(client, live), await register(client, live, mode="live")
    for mode, service, other in (("sandbox", first, second), ("live", second, first)):
        listed, start = [], None
        while True:
            parameters = {"mode": mode, "limit": 50, **({"after": start} if start else {})}
            page = (await client.get(URL, params=parameters, headers=live)).json()
            listed += [item["client_id"] for item in page["items"]]
            if not (start := page["next"]):
                break
        assert service["client_id"] in listed
        assert other["client_id"] not in listed


async def test_another_councils_service_is_not_found(client, live, mint):
    service = await register(client, live)
    theirs = {"Authorization": f"Bearer {mint(scopes=SCOPES, councils=['hillshire'], mode='live')}"}
    url = f"/hillshire/identity/v1/services/{service['client_id']}"
    for response in (
        await client.get(url, headers=theirs),
        await client.get(f"{url}/history", headers=theirs),
        await client.patch(url, json={"name": "X"}, headers={**theirs, "If-Match": '"1"'}),
        await client.post(f"{url}/secrets", json={}, headers=theirs),
        await client.delete(url, headers=theirs),
    ):
        assert response.status_code == 404
    assert await token(client, service)


async def test_a_council_has_a_bounded_number_of_services(client, live, app, monkeypatch):
    count = len((await client.get(URL, params={"limit": 100}, headers=live)).json()["items"])
    monkeypatch.setattr(app.state.settings, "services_per_council", count + 2)
    responses = await asyncio.gather(*(client.post(URL, json=body(), headers=live) for _ in range(5)))
    assert sorted(response.status_code for response in responses) == [201, 201, 409, 409, 409]
    refused = next(response for response in responses if response.status_code == 409)
    assert refused.json()["code"] == "too-many-services"
