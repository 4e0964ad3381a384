"""The claims of residents and of staff."""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulators.openid_provider.providers import ADDRESS, CORE_IDENTITY, RETURN_CODE
from simulators.openid_provider.staff import CITYTOWN
from simulators.openid_provider.tests.relying_party import (
    CLAIMS,
    PROOF,
    authorize,
    read_userinfo,
    redirected,
    request_parameters,
    sign_in,
    staff_claims,
)


async def test_one_login_returns_the_claims_of_its_documentation(simulator, browser):
    tokens = await sign_in(simulator, browser, "mary", scope="openid email phone")
    keys = KeySet.import_key_set((await browser.get("/.well-known/jwks.json")).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert claims["sub"].startswith("urn:fdc:gov.uk:2022:")
    assert claims["exp"] - claims["iat"] == 120
    assert tokens["expires_in"] == 180
    assert (claims["vot"], claims["vtm"]) == ("Cl.Cm", "http://localhost:9100/trustmark")
    assert {"sid", "at_hash", "auth_time"} <= claims.keys()
    assert await read_userinfo(browser, tokens) == {
        "sub": claims["sub"],
        "email": "mary.watson@people.example",
        "email_verified": True,
        "phone_number": "+447700900101",
        "phone_number_verified": True,
    }


async def test_a_proof_is_signed_by_a_key_of_the_did_document(simulator, browser):
    tokens = await sign_in(simulator, browser, "sion", **PROOF)
    userinfo = await read_userinfo(browser, tokens)
    document = (await browser.get("/.well-known/did.json")).json()
    assert document["id"] == "did:web:localhost%3A9100"
    keys = KeySet.import_key_set(
        {"keys": [{**method["publicKeyJwk"], "kid": method["id"]} for method in document["assertionMethod"]]}
    )
    proof = jwt.decode(userinfo[CORE_IDENTITY], keys, algorithms=["ES256"])
    assert proof.header["kid"].startswith("did:web:localhost%3A9100#")
    assert (proof.claims["sub"], proof.claims["aud"], proof.claims["vot"]) == (userinfo["sub"], "city", "P2")
    names = proof.claims["vc"]["credentialSubject"]["name"][0]["nameParts"]
    assert [name["value"] for name in names] == ["Siôn", "Ŵan", "ap Llŷr-Gruffŷdd"]
    assert userinfo[ADDRESS][0]["uprn"] == 907900001191
    assert RETURN_CODE not in userinfo


@pytest.mark.parametrize(
    ("person", "vtr", "level"),
    [
        ("mary", '["Cl.Cm.P1"]', "P1"),
        ("peter", '["Cl.Cm.P1","Cl.Cm.P2"]', "P1"),
        ("mary", '["P2.Cl.Cm"]', "P2"),
    ],
)
async def test_the_proof_has_the_highest_level_that_is_asked_for_and_can_be_proven(
    simulator, browser, person, vtr, level
):
    tokens = await sign_in(simulator, browser, person, vtr=vtr, claims=CLAIMS)
    payload = (await read_userinfo(browser, tokens))[CORE_IDENTITY].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["vot"] == level


@pytest.mark.parametrize("person", ["nora", "peter"])
async def test_an_unproven_identity_gets_return_codes_or_is_refused(simulator, browser, person):
    tokens = await sign_in(simulator, browser, person, **PROOF)
    userinfo = await read_userinfo(browser, tokens)
    assert CORE_IDENTITY not in userinfo
    assert ADDRESS not in userinfo
    assert all(entry.keys() == {"code"} for entry in userinfo[RETURN_CODE])
    only_proof = json.dumps({"userinfo": {CORE_IDENTITY: None}})
    redirect = await authorize(browser, vtr='["Cl.Cm.P2"]', claims=only_proof)
    assert redirect["error"] == "access_denied"


async def test_the_directory_returns_tenant_object_and_groups(simulator, browser):
    claims = await staff_claims(simulator, browser, "priya")
    tenant = simulator.tenants[CITYTOWN]
    assert claims["iss"] == f"http://localhost:9100/{CITYTOWN}/v2.0"
    assert (claims["tid"], claims["oid"]) == (CITYTOWN, tenant.staff["priya"].oid)
    assert [tenant.groups[group] for group in claims["groups"]] == ["Waste services"]
    assert claims["preferred_username"] == claims["email"] == "priya.raman@citytown.example"
    assert "email_verified" not in claims
    assert "email" not in await staff_claims(simulator, browser, "sam")


async def test_movers_and_leavers_show_at_the_next_sign_in(simulator, browser):
    tenant = simulator.tenants[CITYTOWN]
    tax = next(group for group, name in tenant.groups.items() if name == "Council tax")
    moved = await browser.post(f"/simulator/staff/{CITYTOWN}/priya", json={"groups": [tax]})
    assert moved.json() == {"key": "priya", "groups": [tax], "active": True}
    assert (await staff_claims(simulator, browser, "priya"))["groups"] == [tax]
    await browser.post(f"/simulator/staff/{CITYTOWN}/priya", data={"groups": tax})
    parameters = request_parameters(client_id="staff", vtr=None)
    redirect = redirected(await browser.get(simulator.directory(CITYTOWN).authorize, params=parameters))
    assert redirect["error"] == "access_denied"
