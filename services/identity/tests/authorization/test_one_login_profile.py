"""The profile of services written for GOV.UK One Login."""

from datetime import date

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chassis.testing import ISSUER
from identity.proofs.actions import proofs
from identity.shared.oauth import claims as names
from services.identity.tests.provider import (
    answer_consent,
    ask,
    create_person,
    read_header,
    read_redirect,
    read_request_id,
    register,
    sign_in,
    verify_claims,
)

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ALL = f'{{"userinfo": {{"{names.CORE_IDENTITY}": null, "{names.ADDRESS}": null}}}}'


@pytest.fixture(scope="module")
async def school(database, client):
    """It signs its assertions with RS256 and knows no PKCE."""
    return await register(
        database, profile="onelogin", jwks=[RSA.as_dict(private=False)], identity_levels=["P1", "P2"]
    )


def build_params(school, **overrides):
    plain = {"code_challenge": None, "code_challenge_method": None, "vtr": '["Cl"]'}
    return {**plain, **overrides}


async def tokens(visitor, school, algorithm="RS256", **overrides):
    response = await ask(visitor, school, **build_params(school, **overrides))
    if response.status_code == 200:
        response = await answer_consent(visitor, response)
    code = read_redirect(response)["code"]
    assertion = school.assertion(RSA, alg=algorithm)
    answer = await school.redeem(visitor, code, code_verifier=None, client_assertion=assertion)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_tokens_are_as_its_services_expect_them(visitor, resident, school, algorithm):
    answer = await tokens(visitor, school, algorithm)
    assert answer["expires_in"] == 180
    content = await verify_claims(visitor, answer["id_token"])
    assert (content["vot"], content["vtm"]) == ("Cl", f"{ISSUER}trustmark")
    assert content["exp"] - content["iat"] == 120
    assert {"iss", "sub", "aud", "exp", "iat", "nonce", "at_hash", "sid", "auth_time"} <= set(content)
    access = await verify_claims(visitor, answer["access_token"])
    assert access["exp"] - access["iat"] == 180


async def test_claims_come_by_userinfo_alone(visitor, resident, school):
    answer = await tokens(visitor, school, scope="openid email", claims='{"id_token": {"email": null}}')
    assert "email" not in await verify_claims(visitor, answer["id_token"])
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert "email" in (await visitor.get("/identity/userinfo", headers=bearer)).json()


async def test_two_factors_are_the_default(visitor, resident, database, school):
    request = read_request_id(await ask(visitor, school, **build_params(school, vtr=None)))
    await sign_in(database, visitor, resident, ["passkey"])
    read_redirect(await visitor.get("/identity/authorize/continue", params={"request": request}))


@pytest.mark.parametrize(
    ("more", "description"),
    [
        ({"state": None}, "Request is missing state parameter"),
        ({"nonce": None}, "Request is missing nonce parameter"),
        ({"vtr": '["P2.Cl"]'}, "Request vtr not valid"),
        ({"vtr": '["Cl.Cm", "P2.Cl.Cm"]'}, "Request vtr not valid"),
        ({"vtr": '["Cm"]'}, "Request vtr not valid"),
        ({"vtr": "[]"}, "Request vtr not valid"),
        ({"vtr": '["P9.Cl.Cm"]'}, "Request vtr not valid"),
        ({"max_age": "soon"}, "Max age could not be parsed to an integer"),
        ({"code_challenge": "a" * 43, "code_challenge_method": "plain"},
         "Invalid value for code_challenge_method parameter."),
    ],
)  # fmt: skip
async def test_errors_have_its_words(visitor, resident, school, more, description):
    parameters = read_redirect(await ask(visitor, school, **build_params(school, **more)))
    assert (parameters["error"], parameters["error_description"]) == ("invalid_request", description)


async def test_offline_access_is_not_of_this_profile(visitor, resident, school):
    parameters = read_redirect(
        await ask(visitor, school, **build_params(school, scope="openid offline_access"))
    )
    assert parameters["error"] == "invalid_scope"


async def test_http_basic_is_not_of_this_profile(visitor, resident, database):
    school = await register(database, profile="onelogin")
    code = read_redirect(await ask(visitor, school, **build_params(school)))["code"]
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": school.request()["redirect_uri"],
    }
    response = await visitor.post("/identity/token", data=fields, auth=(school.client_id, school.secret))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    posted = await school.redeem(visitor, code, code_verifier=None)
    assert posted.status_code == 200


@pytest.fixture
async def proven(visitor, database):
    """Somebody whose identity is proven to P2, signed in with two factors."""
    account_id = await create_person(database)
    proven_person = proofs.ProvenPerson(
        ["Ada", "Mary"], "Byron", date(1815, 12, 10), [{"uprn": 100012345678, "postalCode": "BA1 1LJ"}]
    )
    async with database.writing() as session:
        await proofs.add_upstream_proof(
            session, account_id, "P2", [], proven_person, "https://upstream.example/"
        )
    await sign_in(database, visitor, account_id, ["email", "totp"])
    return account_id


async def test_a_proven_identity_comes_signed_with_an_address_that_has_a_uprn(visitor, proven, school):
    answer = await tokens(visitor, school, vtr='["P2.Cl.Cm"]', claims=ALL)
    content = await verify_claims(visitor, answer["id_token"])
    assert content["vot"] == "Cl.Cm"  # the credential's part alone
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    claims = (await visitor.get("/identity/userinfo", headers=bearer)).json()
    assert claims[names.ADDRESS][0]["uprn"] == 100012345678
    statement = claims[names.CORE_IDENTITY]
    document = (await visitor.get("/identity/.well-known/did.json")).json()
    assert document == (await visitor.get("/identity/did.json")).json()
    assert document["id"] == "did:web:test.invalid:identity"
    methods = {method["id"]: method["publicKeyJwk"] for method in document["assertionMethod"]}
    key = ECKey.import_key(methods[read_header(statement)["kid"]])
    decoded = jwt.decode(statement, key, algorithms=["ES256"]).claims
    assert (decoded["sub"], decoded["aud"], decoded["vot"]) == (claims["sub"], school.client_id, "P2")
    subject = decoded["vc"]["credentialSubject"]
    assert [part["value"] for part in subject["name"][0]["nameParts"]] == ["Ada", "Mary", "Byron"]
    assert subject["birthDate"] == [{"value": "1815-12-10"}]


async def test_a_request_without_a_proof_gets_no_identity_claims(visitor, proven, school):
    answer = await tokens(visitor, school, vtr='["Cl.Cm"]', claims=ALL)
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert set((await visitor.get("/identity/userinfo", headers=bearer)).json()) == {"sub"}


async def test_without_a_proof_a_silent_request_is_refused(visitor, database, school):
    await sign_in(database, visitor, await create_person(database), ["email", "totp"])
    refused = await ask(
        visitor, school, **build_params(school, vtr='["P2.Cl.Cm"]', claims=ALL, prompt="none")
    )
    assert read_redirect(refused)["error"] == "access_denied"


async def test_a_service_that_may_not_ask_for_identity_gets_an_error(visitor, proven, database):
    school = await register(database, profile="onelogin")
    parameters = read_redirect(await ask(visitor, school, **build_params(school, vtr='["P2.Cl.Cm"]')))
    assert parameters["error_description"] == "Request vtr not valid"


async def test_the_trustmark_is_where_vtm_points(visitor):
    mark = (await visitor.get("/identity/trustmark")).json()
    assert (mark["C"], mark["P"]) == (["Cl", "Cl.Cm"], ["P0", "P1", "P2"])
