"""What a service written for GOV.UK One Login counts on, where no other test says it yet."""

import time
from datetime import date

import pytest
from joserfc.jwk import RSAKey

from chassis.testing import ISSUER
from identity.shared.oauth import relying_party
from identity.shared.rules import core_identity, tokens
from services.identity.tests.provider import (
    REDIRECT,
    ask,
    create_person,
    get_code,
    read_header,
    read_redirect,
    register,
    sign_in,
    verify_claims,
)

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
PLAIN = {"code_challenge": None, "code_challenge_method": None, "vtr": '["Cl"]'}


@pytest.fixture(scope="module")
async def school(database, client):
    """It signs with RSA and knows no PKCE."""
    keys = [RSA.as_dict(private=False)]
    return await register(database, profile="onelogin", jwks=keys, identity_levels=["P1", "P2"])


async def redeem(visitor, school, code, **claims):
    assertion = school.assertion(RSA, alg="PS256", **claims)
    return await school.redeem(visitor, code, code_verifier=None, client_assertion=assertion)


async def discovery(visitor):
    return (await visitor.get("/identity/.well-known/openid-configuration")).json()


async def test_its_places_lie_below_an_issuer_with_a_slash_at_its_end(visitor):
    metadata = await discovery(visitor)
    assert metadata["issuer"] == ISSUER
    assert ISSUER.endswith("/")
    ends = {
        "authorization_endpoint": "authorize",
        "token_endpoint": "token",
        "userinfo_endpoint": "userinfo",
        "end_session_endpoint": "logout",
        "jwks_uri": ".well-known/jwks.json",
    }
    assert {name: metadata[name] for name in ends} == {name: f"{ISSUER}{end}" for name, end in ends.items()}
    assert (await visitor.get("/identity/.well-known/did.json")).status_code == 200


async def test_discovery_offers_what_its_clients_look_for(visitor):
    metadata = await discovery(visitor)
    assert {"private_key_jwt", "client_secret_post"} <= set(metadata["token_endpoint_auth_methods_supported"])
    assert set(metadata["id_token_signing_alg_values_supported"]) == {"ES256", "RS256"}
    assert metadata["id_token_signing_alg_values_supported"][0] == "ES256"
    assert "authorization_code" in metadata["grant_types_supported"]
    assert {"openid", "email", "phone"} <= set(metadata["scopes_supported"])
    assert metadata["subject_types_supported"] == ["pairwise"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert set(metadata["ui_locales_supported"]) == {"en", "cy"}
    assert metadata["backchannel_logout_supported"] is True
    assert (metadata["request_parameter_supported"], metadata["request_uri_parameter_supported"]) == (
        True,
        False,
    )
    assert metadata["claims_parameter_supported"] is True


def test_its_times_are_those_of_the_contract():
    profile = relying_party.PROFILES["onelogin"]
    times = (profile.code_seconds, profile.access_seconds, profile.id_token_seconds)
    assert times == (300, 180, 120)


async def test_a_code_lives_five_minutes_and_no_longer(app, visitor, resident, school, monkeypatch):
    for seconds, status in ((295, 200), (301, 400)):
        monkeypatch.undo()
        code = await get_code(visitor, school, **PLAIN)
        now = time.time() + seconds
        monkeypatch.setattr(app.state.issuer, "clock", lambda now=now: now)
        times = {"exp": int(now) + 60, "iat": int(now)}
        assert (await redeem(visitor, school, code, **times)).status_code == status


async def test_an_id_token_has_these_members_and_no_others(visitor, resident, school):
    response = await redeem(visitor, school, await get_code(visitor, school, **PLAIN))
    claims = await verify_claims(visitor, response.json()["id_token"])
    members = {"iss", "sub", "aud", "exp", "iat", "nonce", "at_hash", "vot", "vtm", "sid", "auth_time"}
    assert set(claims) == members
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, school.client_id, "a-nonce")
    assert response.json()["token_type"] == "Bearer"
    assert "refresh_token" not in response.json()


@pytest.mark.parametrize(("registered", "signed"), [("ES256", "ES256"), ("RS256", "RS256")])
async def test_an_id_token_is_signed_as_the_client_asks(visitor, resident, database, registered, signed):
    service = await register(database, profile="onelogin", id_token_alg=registered)
    response = await service.redeem(visitor, await get_code(visitor, service, **PLAIN), code_verifier=None)
    assert read_header(response.json()["id_token"])["alg"] == signed


@pytest.mark.parametrize("audience", [f"{ISSUER}token", ISSUER])
async def test_an_assertion_is_for_the_token_endpoint_or_the_issuer(visitor, resident, school, audience):
    code = await get_code(visitor, school, **PLAIN)
    assert (await redeem(visitor, school, code, aud=audience)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"aud": f"{ISSUER}authorize"}, {"sub": "another"}, {"iss": "another"}, {"exp": 1}, {"jti": ""}],
    ids=["audience", "subject", "issuer", "expired", "no jti"],
)
async def test_an_assertion_that_does_not_hold_gets_nothing(visitor, resident, school, wrong):
    code = await get_code(visitor, school, **PLAIN)
    response = await redeem(visitor, school, code, **wrong)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_is_accepted_once(visitor, resident, school):
    for status in (200, 401):
        code = await get_code(visitor, school, **PLAIN)
        response = await redeem(visitor, school, code, jti="used-twice")
        assert response.status_code == status


async def test_pkce_is_optional_and_binding_once_used(visitor, resident, school):
    code = await get_code(visitor, school, vtr='["Cl"]')
    assertion = school.assertion(RSA, alg="RS256")
    response = await school.redeem(visitor, code, client_assertion=assertion)
    assert response.status_code == 200
    code = await get_code(visitor, school, vtr='["Cl"]')
    assert (await redeem(visitor, school, code)).status_code == 400


async def test_a_request_may_come_by_form(visitor, resident, school):
    redirect = await visitor.post("/identity/authorize", data=school.request(**PLAIN))
    assert redirect.status_code == 303
    assert "code" in read_redirect(await visitor.get(redirect.headers["location"]))


async def test_a_signed_request_is_for_the_authorisation_endpoint(visitor, resident, school):
    inside = school.object(RSA, alg="RS256", **PLAIN, aud=f"{ISSUER}authorize")
    params = {"client_id": school.client_id, "response_type": "code", "scope": "openid"}
    query = {**params, "redirect_uri": REDIRECT, "request": inside}
    assert "code" in read_redirect(await visitor.get("/identity/authorize", params=query))
    misdirected = school.object(RSA, alg="RS256", **PLAIN, aud=f"{ISSUER}userinfo")
    refused = read_redirect(
        await visitor.get("/identity/authorize", params={**query, "request": misdirected})
    )
    assert refused["error"] == "invalid_request_object"


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "nobody"}, {"redirect_uri": f"{REDIRECT}/"}, {"redirect_uri": None}],
    ids=["client", "redirect", "no redirect"],
)
async def test_a_bad_client_or_redirect_gets_an_error_page(visitor, resident, school, wrong):
    response = await ask(visitor, school, **{**PLAIN, **wrong})
    assert (response.status_code, "location" in response.headers) == (400, False)
    assert response.headers["content-type"].startswith("text/html")


async def test_the_pages_language_is_the_one_asked_for(visitor, school):
    response = await ask(visitor, school, **PLAIN, ui_locales="cy")
    page = await visitor.get(response.headers["location"], follow_redirects=True)
    assert 'lang="cy"' in page.text[:500]


@pytest.mark.parametrize(
    ("vtr", "level"),
    [('["Cl"]', "Cl"), ('["Cl.Cm"]', "Cl.Cm"), ('["Cl","Cl.Cm"]', "Cl"), ('["P0.Cl.Cm"]', "Cl.Cm")],
)
async def test_vot_is_at_least_the_requested_level(visitor, database, school, vtr, level):
    await sign_in(database, visitor, await create_person(database), ["email", "totp"])
    response = await redeem(visitor, school, await get_code(visitor, school, **{**PLAIN, "vtr": vtr}))
    claims = await verify_claims(visitor, response.json()["id_token"])
    assert claims["vot"] in {level, "Cl.Cm"}


async def test_all_services_of_a_council_know_a_person_by_one_name(visitor, resident, database, school):
    ours = await redeem(visitor, school, await get_code(visitor, school, **PLAIN))
    other_service = await register(database, profile="onelogin")
    theirs = await other_service.redeem(
        visitor, await get_code(visitor, other_service, **PLAIN), code_verifier=None
    )
    subjects = {
        (await verify_claims(visitor, response.json()["id_token"]))["sub"] for response in (ours, theirs)
    }
    assert len(subjects) == 1


async def test_a_proof_needs_two_factors_whatever_else_is_asked(visitor, resident, school):
    for vtr in ('["P1.Cl"]', '["P2.Cl"]', '["Cl.P1"]'):
        parameters = read_redirect(await ask(visitor, school, **{**PLAIN, "vtr": vtr}))
        assert parameters["error_description"] == "Request vtr not valid"


def test_a_statement_of_identity_ends_before_its_key_is_withdrawn():
    """The contract gives no time. A service checks it when it gets it, so the shorter is the safer."""
    statement = core_identity.build_statement(
        ISSUER, "c", "s", "P2", (["Ada"], "Byron"), date(1815, 12, 10), 1_000
    )
    assert statement["exp"] - statement["iat"] == core_identity.STATEMENT_SECONDS == 600
    assert core_identity.STATEMENT_SECONDS <= tokens.ACCESS_SECONDS
    assert statement["vc"]["type"] == ["VerifiableCredential", "IdentityCheckCredential"]
