"""Codes, tokens and assertions in wrong hands (RFC 9700, RFC 8725)."""

import asyncio
import base64
import hmac
import json
import time

import pytest
from joserfc import jwt
from sqlalchemy import text

from chassis import ids
from chassis.testing import ISSUER
from identity.grants.actions import consents, grants
from services.identity.tests.provider import (
    KEY,
    OTHER_KEY,
    REDIRECT,
    ask,
    create_person,
    get_code,
    register,
    sign_in,
    verify_claims,
)


def refused(response, error="invalid_grant", status=400):
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.headers["cache-control"] == "no-store"


async def opens_userinfo(visitor, tokens):
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 200


async def test_a_code_is_good_once_and_its_second_use_revokes_its_tokens(app, visitor, resident, bins):
    code = await get_code(visitor, bins, scope="openid offline_access")
    tokens = (await bins.redeem(visitor, code)).json()
    assert await opens_userinfo(visitor, tokens)
    refused(await bins.redeem(visitor, code))
    assert not await opens_userinfo(visitor, tokens)
    await app.state.directory.refresh()
    jti = (await verify_claims(visitor, tokens["access_token"]))["jti"]
    assert jti in app.state.directory.revoked  # so no other service takes it either
    refused(await bins.refresh(visitor, tokens["refresh_token"]))


async def test_of_two_that_bring_a_code_at_once_one_is_served_at_most(app, visitor, resident, bins):
    code = await get_code(visitor, bins)
    responses = await asyncio.gather(*(bins.redeem(visitor, code) for _ in range(4)))
    good = [response.json() for response in responses if response.status_code == 200]
    assert len(good) == 1
    assert not await opens_userinfo(visitor, good[0])  # the others showed that the code had leaked


async def test_a_code_is_its_own_clients_alone(visitor, resident, database, bins):
    thief = await register(database)
    thief.verifier = bins.verifier
    code = await get_code(visitor, bins)
    refused(await thief.redeem(visitor, code))


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": None},
        {"code_verifier": None},
        {"code_verifier": "x" * 43},
        {"code_verifier": "short"},
    ],
)
async def test_a_code_is_bound_to_its_redirect_and_its_verifier(visitor, resident, bins, more):
    code = await get_code(visitor, bins)
    refused(await bins.redeem(visitor, code, **more))
    refused(await bins.redeem(visitor, code))  # it is burnt


@pytest.mark.parametrize("code", ["x" * 43, None, "\x00", "é"])
async def test_a_guessed_code_is_refused(visitor, bins, code):
    refused(await bins.redeem(visitor, code))


async def test_the_challenge_itself_is_no_verifier(visitor, resident, bins):
    code = await get_code(visitor, bins)
    refused(await bins.redeem(visitor, code, code_verifier=bins.challenge))


async def test_pkce_downgrade_a_verifier_without_a_challenge_is_refused(visitor, resident, database):
    service = await register(database, profile="onelogin")
    plain = {"code_challenge": None, "code_challenge_method": None, "vtr": '["Cl"]'}
    code = await get_code(visitor, service, **plain)
    refused(await service.redeem(visitor, code))


async def test_a_code_expires(app, visitor, resident, bins, monkeypatch):
    code = await get_code(visitor, bins)
    monkeypatch.setattr(app.state.issuer, "clock", lambda: time.time() + 61)
    refused(await bins.redeem(visitor, code))


async def test_a_refresh_token_used_twice_ends_the_family(visitor, resident, bins):
    first = await bins.tokens(visitor, scope="openid offline_access")
    second = (await bins.refresh(visitor, first["refresh_token"])).json()
    refused(await bins.refresh(visitor, first["refresh_token"]))
    refused(await bins.refresh(visitor, second["refresh_token"]))
    assert not await opens_userinfo(visitor, second)


async def test_of_two_that_refresh_at_once_one_is_served_at_most(visitor, resident, bins):
    first = await bins.tokens(visitor, scope="openid offline_access")
    responses = await asyncio.gather(*(bins.refresh(visitor, first["refresh_token"]) for _ in range(2)))
    assert sorted(response.status_code for response in responses) == [200, 400]
    good = next(response.json() for response in responses if response.status_code == 200)
    refused(await bins.refresh(visitor, good["refresh_token"]))  # the race was a theft, for all we know


async def test_a_refresh_token_is_its_own_clients_alone(visitor, resident, database, bins):
    tokens = await bins.tokens(visitor, scope="openid offline_access")
    thief = await register(database)
    refused(await thief.refresh(visitor, tokens["refresh_token"]))
    assert (await bins.refresh(visitor, tokens["refresh_token"])).status_code == 200


async def test_refreshing_cannot_escalate_scopes(visitor, resident, bins):
    tokens = await bins.tokens(visitor, scope="openid offline_access")
    for scope in ("openid email", "address:read", "identity:operate"):
        refused(await bins.refresh(visitor, tokens["refresh_token"], scope=scope), "invalid_scope")
    less = await bins.refresh(visitor, tokens["refresh_token"], scope="openid")
    assert less.json()["scope"] == "openid"


async def test_a_person_without_a_role_gets_no_scope_of_the_services(visitor, resident, database):
    scopes = ["openid", "address:write"]
    service = await register(database, scopes=["address:write"], person_scopes=scopes)
    tokens = await service.tokens(visitor, scope="openid address:write")
    assert tokens["scope"] == "openid"
    assert (await verify_claims(visitor, tokens["access_token"]))["scope"] == "openid"


async def test_an_id_token_is_no_access_token(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401
    response = await visitor.get("/citytown/identity/v1/council", headers=bearer)
    assert (response.status_code, response.json()["code"]) == (401, "invalid-credential")


async def test_a_machines_token_opens_no_userinfo(visitor, bins):
    grant = {"grant_type": "client_credentials", **bins.credentials}
    token = (await visitor.post("/identity/token", data=grant)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    response = await visitor.get("/identity/userinfo", headers=bearer)
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


async def test_userinfo_without_a_token_says_how(visitor):
    response = await visitor.get("/identity/userinfo")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_persons_token_opens_nothing_at_another_council(visitor, resident, bins):
    token = (await bins.tokens(visitor))["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    response = await visitor.get("/hillshire/identity/v1/council", headers=bearer)
    assert (response.status_code, response.json()["code"]) == (403, "wrong-council")


async def test_consent_revoked_in_mid_flight_leaves_the_code_worthless(visitor, resident, database):
    service = await register(database, first_party=False)
    code = await get_code(visitor, service)
    async with database.writing() as session:
        client_id = ids.read(service.client_id)
        assert await consents.revoke_consent(session, "citytown", resident, client_id)
    refused(await service.redeem(visitor, code))
    assert (await ask(visitor, service)).status_code == 200  # asked once more


async def test_a_closed_account_leaves_tokens_and_codes_worthless(visitor, database, bins):
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id)
    code, tokens = await get_code(visitor, bins), await bins.tokens(visitor, scope="openid offline_access")
    async with database.writing() as session:
        await grants.revoke_by_account(session, account_id)
    refused(await bins.redeem(visitor, code))
    refused(await bins.refresh(visitor, tokens["refresh_token"]))
    assert not await opens_userinfo(visitor, tokens)


async def test_a_client_revokes_its_own_tokens_only(visitor, resident, database, bins):
    tokens = await bins.tokens(visitor, scope="openid offline_access")
    other_client = await register(database)
    for kind in ("refresh_token", "access_token"):
        response = await visitor.post(
            "/identity/revoke", data={"token": tokens[kind], **other_client.credentials}
        )
        assert (response.status_code, response.content) == (200, b"")
    assert await opens_userinfo(visitor, tokens)
    response = await visitor.post(
        "/identity/revoke", data={"token": tokens["access_token"], **bins.credentials}
    )
    assert not await opens_userinfo(visitor, tokens)
    await visitor.post("/identity/revoke", data={"token": tokens["refresh_token"], **bins.credentials})
    refused(await bins.refresh(visitor, tokens["refresh_token"]))


async def test_introspection_shows_a_client_tokens_of_its_own_council_only(visitor, resident, database, bins):
    tokens = await bins.tokens(visitor, scope="openid offline_access")

    async def introspect(service, kind):
        form = {"token": tokens[kind], **service.credentials}
        return (await visitor.post("/identity/introspect", data=form)).json()

    content = await introspect(bins, "access_token")
    assert (content["active"], content["client_id"], content["iss"]) == (True, bins.client_id, ISSUER)
    neighbour = await register(database)
    assert (await introspect(neighbour, "access_token"))["active"]
    assert await introspect(neighbour, "refresh_token") == {"active": False}
    assert await introspect(await register(database, "hillshire"), "access_token") == {"active": False}
    assert (await introspect(bins, "refresh_token"))["active"]
    used = await bins.refresh(visitor, tokens["refresh_token"])
    assert used.status_code == 200
    assert await introspect(bins, "refresh_token") == {"active": False}
    await visitor.post("/identity/revoke", data={"token": tokens["access_token"], **bins.credentials})
    assert await introspect(bins, "access_token") == {"active": False}


@pytest.mark.parametrize("token", ["x", "a.b.c", "ey" * 200])
async def test_introspection_of_rubbish_says_inactive_and_no_more(visitor, bins, token):
    response = await visitor.post("/identity/introspect", data={"token": token, **bins.credentials})
    assert response.json() == {"active": False}


async def test_introspection_needs_a_client(visitor):
    refused(await visitor.post("/identity/introspect", data={"token": "x"}), "invalid_client", 401)


async def test_an_assertion_is_good_once(visitor, resident, signer):
    first = await get_code(visitor, signer)
    options = {"client_assertion": signer.assertion(jti="once-and-no-more")}
    assert (await signer.redeem(visitor, first, **options)).status_code == 200
    refused(await signer.redeem(visitor, await get_code(visitor, signer), **options), "invalid_client", 401)


def part(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forged(signer, header, key=b""):
    """An assertion that is not signed, or with a shared secret made of the public key."""
    now = int(time.time())
    content = {"iss": signer.client_id, "sub": signer.client_id, "aud": f"{ISSUER}token", "exp": now + 60,
               "iat": now, "jti": ids.show(ids.new())}  # fmt: skip
    message = f"{part(header)}.{part(content)}"
    digest = hmac.digest(key, message.encode(), "sha256") if key else b""
    return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def attacks(signer):
    public = json.dumps(KEY.as_dict(private=False)).encode()
    members = OTHER_KEY.as_dict(private=False)
    yield "alg none", forged(signer, {"alg": "none"})
    yield "alg None", forged(signer, {"alg": "None", "kid": "own"})
    yield "hs with the public key", forged(signer, {"alg": "HS256", "kid": "own"}, public)
    yield "another key of the same name", signer.assertion(OTHER_KEY)
    yield "foreign kid", signer.assertion(header={"kid": "../../etc/passwd"})
    yield "embedded jwk", signer.assertion(OTHER_KEY, header={"jwk": members})
    yield "jku", signer.assertion(OTHER_KEY, header={"jku": "https://evil.example/keys.json"})
    yield "x5u", signer.assertion(OTHER_KEY, header={"x5u": "https://evil.example/chain.pem"})
    yield "wrong audience", signer.assertion(aud="https://another.example/token")
    yield "two audiences", signer.assertion(aud=[ISSUER, "https://another.example/"])
    yield "expired", signer.assertion(exp=int(time.time()) - 1)
    yield "an hour long", signer.assertion(exp=int(time.time()) + 3_600)
    yield "no end", signer.assertion(exp=None)
    yield "iss is not sub", signer.assertion(sub="somebody-else")
    yield "no jti", signer.assertion(jti=None)
    yield "from the future", signer.assertion(iat=int(time.time()) + 600)
    yield "a request object", signer.object(aud=ISSUER)


@pytest.mark.parametrize("number", range(17))
async def test_an_assertion_that_does_not_hold_is_refused(visitor, signer, number):
    name, assertion = list(attacks(signer))[number]
    form = {"grant_type": "client_credentials", **signer.credentials, "client_assertion": assertion}
    response = await visitor.post("/identity/token", data=form)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), name


async def test_an_access_token_signed_by_nobody_we_know_opens_nothing(visitor, resident, bins):
    good = (await bins.tokens(visitor))["access_token"]
    content = await verify_claims(visitor, good)
    kid = json.loads(base64.urlsafe_b64decode(good.split(".")[0] + "=="))["kid"]
    plain = {"alg": "ES256", "kid": kid, "typ": "at+jwt"}
    for header in (plain, {**plain, "jwk": OTHER_KEY.as_dict(private=False)}):
        bearer = {"Authorization": f"Bearer {jwt.encode(header, content, OTHER_KEY, algorithms=['ES256'])}"}
        assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401
    unsigned = f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{good.split('.')[1]}."
    bearer = {"Authorization": f"Bearer {unsigned}"}
    assert (await visitor.get("/identity/userinfo", headers=bearer)).status_code == 401


async def test_a_code_and_a_secret_are_in_no_table_as_they_are(visitor, resident, database, bins):
    code = await get_code(visitor, bins, scope="openid offline_access", login_hint="x@people.example")
    tokens = (await bins.redeem(visitor, code)).json()
    async with database.writing() as session:
        await session.set_all_councils()
        for table in ("authorisation_code", "refresh_token", "token_grant", "authorisation", "access_token"):
            rows = await session.all(text(f"SELECT to_jsonb(t)::text AS row FROM {table} t"))
            dump = "\n".join(row.row for row in rows)
            for secret in (code, tokens["refresh_token"], tokens["access_token"], bins.secret):
                assert secret not in dump


async def test_errors_say_nothing_of_what_was_sent(visitor, resident, bins, caplog):
    with caplog.at_level("DEBUG"):
        code = await get_code(visitor, bins)
        await bins.redeem(visitor, code, code_verifier="v" * 50)
        await bins.redeem(visitor, "wrong-code-of-somebody", client_secret="wrong-secret-of-somebody")
    log = caplog.text
    for secret in (code, bins.secret, "v" * 50, "wrong-code-of-somebody", "wrong-secret-of-somebody"):
        assert secret not in log
