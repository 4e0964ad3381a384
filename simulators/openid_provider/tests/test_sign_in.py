"""The simulator of the outside identity providers, tried by somebody else's relying party (Authlib's)."""

import base64
import json
import re
import secrets
import time
import warnings
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from simulators.openid_provider.claims import at_hash
from simulators.openid_provider.clients import Client
from simulators.openid_provider.faults import DIRECTORY, EVERY, NAMED, Faults
from simulators.openid_provider.providers import ADDRESS, CORE_IDENTITY, RETURN_CODE
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN, HILLSHIRE

with warnings.catch_warnings():  # it would rather have the successor of httpx
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

BACK = "https://council.example/identity/callback"
KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"

NOON = 1_800_000_000
CLAIMS = json.dumps({"userinfo": {CORE_IDENTITY: None, ADDRESS: None, RETURN_CODE: None}})
PROOF = {"vtr": '["Cl.Cm.P2"]', "claims": CLAIMS}


@pytest.fixture
def simulator():
    made = Simulator("http://localhost:9100")
    made.register(Client("onelogin", "city", (BACK,), jwks={"keys": [KEY.as_dict(private=False)]}))
    made.register(Client("directory", "staff", (BACK,), tenant=CITYTOWN, secret="hush"))
    return made


@pytest.fixture
async def browser(simulator):
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as one:
        yield one


def request(**other):
    asked = {
        "response_type": "code", "client_id": "city", "redirect_uri": BACK, "scope": "openid email",
        "state": "a-state", "nonce": "a-nonce", "vtr": '["Cl.Cm"]',
        "code_challenge": create_s256_code_challenge(VERIFIER), "code_challenge_method": "S256", **other,
    }  # fmt: skip
    return {name: value for name, value in asked.items() if value is not None}


def parameters(answer):
    assert answer.status_code in (302, 303), answer.text
    place = answer.headers["location"]
    assert place.startswith(f"{BACK}?")
    return {name: value[0] for name, value in parse_qs(urlsplit(place).query).items()}


def assertion(key=KEY, alg="RS256", **other):
    now = int(time.time())
    claims = {
        "iss": "city", "sub": "city", "aud": "http://localhost:9100/token", "exp": now + 60, "iat": now,
        "jti": secrets.token_hex(8), **other,
    }  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "ours"}, claims, key, algorithms=[alg])


async def redeem(browser, spent, **other):
    form = {
        "grant_type": "authorization_code", "code": spent, "redirect_uri": BACK, "code_verifier": VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(), **other,
    }  # fmt: skip
    sent = {name: value for name, value in form.items() if value is not None}
    return await browser.post("/token", data=sent)


async def signed_in(simulator, browser, person, **other):
    """The token answer of a sign-in at One Login."""
    simulator.auto = person
    way = parameters(await browser.get("/authorize", params=request(**other)))
    answer = await redeem(browser, way["code"])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(browser, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await browser.get("/userinfo", headers=headers)).json()


def library(simulator, client_id, method, secret):
    made = AsyncOAuth2Client(
        client_id=client_id,
        client_secret=secret,
        token_endpoint_auth_method=method,
        redirect_uri=BACK,
        scope="openid email profile" if client_id == "staff" else "openid email phone",
        code_challenge_method="S256",
        transport=httpx.ASGITransport(simulator.app),
    )
    if method == "private_key_jwt":
        made.register_client_auth_method(PrivateKeyJWT(simulator.onelogin.token, alg="RS256"))
    return made


@pytest.mark.parametrize("kind", ["onelogin", "directory"])
async def test_authlib_signs_in_by_discovery(simulator, browser, kind):
    one_login = kind == "onelogin"
    provider = simulator.onelogin if one_login else simulator.directory(CITYTOWN)
    by_key = ("city", "private_key_jwt", KEY.as_dict(private=True))
    way = by_key if one_login else ("staff", "client_secret_basic", "hush")
    metadata = (await browser.get(provider.discovery)).json()
    assert metadata["issuer"] == provider.issuer
    async with library(simulator, *way) as relying:
        extra = {"vtr": '["Cl.Cm"]'} if one_login else {}
        url, state = relying.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="a-nonce", **extra
        )
        page = await browser.get(url)
        visit = re.search(r'name="visit" value="([^"]+)"', page.text)[1]
        choice = {"visit": visit, "person": "mary" if one_login else "priya", "act": "go", "fault": ""}
        answer = await browser.post("/simulator/choice", data=choice)
        tokens = await relying.fetch_token(
            metadata["token_endpoint"], authorization_response=answer.headers["location"], state=state,
            code_verifier=VERIFIER,
        )  # fmt: skip
        keys = KeySet.import_key_set((await browser.get(metadata["jwks_uri"])).json())
        claims = jwt.decode(tokens["id_token"], keys, algorithms=[provider.algorithm]).claims
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (provider.issuer, way[0], "a-nonce")
        seen = (await relying.get(metadata["userinfo_endpoint"])).json()
        assert seen["sub"] == claims["sub"]


async def test_one_login_tells_what_its_documents_say(simulator, browser):
    tokens = await signed_in(simulator, browser, "mary", scope="openid email phone")
    keys = KeySet.import_key_set((await browser.get("/.well-known/jwks.json")).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert claims["sub"].startswith("urn:fdc:gov.uk:2022:")
    assert claims["exp"] - claims["iat"] == 120
    assert tokens["expires_in"] == 180
    assert (claims["vot"], claims["vtm"]) == ("Cl.Cm", "http://localhost:9100/trustmark")
    assert {"sid", "at_hash", "auth_time"} <= claims.keys()
    assert await told(browser, tokens) == {
        "sub": claims["sub"],
        "email": "mary.watson@people.example",
        "email_verified": True,
        "phone_number": "+447700900101",
        "phone_number_verified": True,
    }


async def test_a_proof_is_signed_by_a_key_of_the_did_document(simulator, browser):
    tokens = await signed_in(simulator, browser, "sion", **PROOF)
    seen = await told(browser, tokens)
    document = (await browser.get("/.well-known/did.json")).json()
    assert document["id"] == "did:web:localhost%3A9100"
    keys = KeySet.import_key_set(
        {"keys": [{**one["publicKeyJwk"], "kid": one["id"]} for one in document["assertionMethod"]]}
    )
    proof = jwt.decode(seen[CORE_IDENTITY], keys, algorithms=["ES256"])
    assert proof.header["kid"].startswith("did:web:localhost%3A9100#")
    assert (proof.claims["sub"], proof.claims["aud"], proof.claims["vot"]) == (seen["sub"], "city", "P2")
    names = proof.claims["vc"]["credentialSubject"]["name"][0]["nameParts"]
    assert [one["value"] for one in names] == ["Siôn", "Ŵan", "ap Llŷr-Gruffŷdd"]
    assert seen[ADDRESS][0]["uprn"] == 907900001191
    assert RETURN_CODE not in seen


@pytest.mark.parametrize(
    ("person", "vtr", "level"),
    [
        ("mary", '["Cl.Cm.P1"]', "P1"),
        ("peter", '["Cl.Cm.P1","Cl.Cm.P2"]', "P1"),
        ("mary", '["P2.Cl.Cm"]', "P2"),
    ],
)
async def test_the_highest_level_asked_that_can_be_proven_is_told(simulator, browser, person, vtr, level):
    tokens = await signed_in(simulator, browser, person, vtr=vtr, claims=CLAIMS)
    part = (await told(browser, tokens))[CORE_IDENTITY].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(part + "=="))["vot"] == level


@pytest.mark.parametrize("person", ["nora", "peter"])
async def test_who_cannot_be_proven_brings_return_codes_or_is_refused(simulator, browser, person):
    tokens = await signed_in(simulator, browser, person, **PROOF)
    seen = await told(browser, tokens)
    assert CORE_IDENTITY not in seen
    assert ADDRESS not in seen
    assert all(one.keys() == {"code"} for one in seen[RETURN_CODE])
    only_proof = json.dumps({"userinfo": {CORE_IDENTITY: None}})
    way = parameters(await browser.get("/authorize", params=request(vtr='["Cl.Cm.P2"]', claims=only_proof)))
    assert way["error"] == "access_denied"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"vtr": None}, "invalid_request"),
        ({"vtr": '["Cl.P2"]'}, "invalid_request"),
        ({"vtr": '["Cl.Cm","Cl.Cm.P2"]'}, "invalid_request"),
        ({"vtr": '["Cm"]'}, "invalid_request"),
        ({"vtr": "Cl.Cm"}, "invalid_request"),
        ({"vtr": "[]"}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid address"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"claims": '{"userinfo": {"passport": null}}'}, "invalid_request"),
        ({"claims": "x"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://x.example/"}, "request_uri_not_supported"),
    ],
)
async def test_one_login_refuses_on_the_way_back(simulator, browser, change, error):
    simulator.auto = "mary"
    way = parameters(await browser.get("/authorize", params=request(**change)))
    assert way["error"] == error
    assert "code" not in way
    assert way.get("state") == (None if "state" in change else "a-state")


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"client_id": "staff"},
        {"client_id": None},
        {"redirect_uri": None},
        *({"redirect_uri": one} for one in (f"{BACK}/", f"{BACK}?a=b", BACK.upper(), f"{BACK}#x", "//x")),
    ],
)
async def test_a_wrong_client_or_redirect_is_a_page_and_never_a_redirect(simulator, browser, change):
    simulator.auto = "mary"
    answer = await browser.get("/authorize", params=request(**change))
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_request_may_be_posted_but_no_parameter_twice(simulator, browser):
    simulator.auto = "mary"
    assert "code" in parameters(await browser.post("/authorize", data=request()))
    twice = [*request().items(), ("nonce", "another")]
    assert parameters(await browser.get("/authorize", params=twice))["error"] == "invalid_request"


async def test_a_code_is_spent_once_and_its_second_use_ends_the_token(simulator, browser):
    simulator.auto = "mary"
    code = parameters(await browser.get("/authorize", params=request()))["code"]
    first = (await redeem(browser, code)).json()
    assert "sub" in await told(browser, first)
    assert (await redeem(browser, code)).json()["error"] == "invalid_grant"
    assert (await told(browser, first))["error"] == "invalid_token"


async def test_a_code_lives_300_seconds_and_a_token_180(simulator, browser):
    now = time.time()
    simulator.auto = "mary"
    codes = [parameters(await browser.get("/authorize", params=request()))["code"] for _ in range(2)]
    tokens = (await redeem(browser, codes[0])).json()
    simulator.now = lambda: now + 181
    assert (await told(browser, tokens))["error"] == "invalid_token"
    simulator.now = lambda: now + 301
    late = await redeem(browser, codes[1], client_assertion=assertion(exp=int(now) + 400))
    assert late.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "b" * 50},
        {"code_verifier": None},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": None},
        {"code": "nothing"},
    ],
)
async def test_a_code_is_bound_to_its_verifier_and_redirect(simulator, browser, change):
    simulator.auto = "mary"
    code = parameters(await browser.get("/authorize", params=request()))["code"]
    answer = await redeem(browser, code, **change)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "made",
    [
        {"aud": "https://another.example/token"},
        {"exp": 1_600_000_000},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"jti": None},
        {"sub": "another"},
        {"iss": "another"},
        {"key": RSAKey.generate_key(2048)},
    ],
)
async def test_an_assertion_that_does_not_hold_is_refused(simulator, browser, made):
    simulator.auto = "mary"
    code = parameters(await browser.get("/authorize", params=request()))["code"]
    answer = await redeem(browser, code, client_assertion=assertion(**made))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await redeem(browser, code)).status_code == 200


async def test_an_assertion_is_used_once(simulator, browser):
    simulator.auto = "mary"
    shown = assertion(alg="PS256")
    codes = [parameters(await browser.get("/authorize", params=request()))["code"] for _ in range(2)]
    assert (await redeem(browser, codes[0], client_assertion=shown)).status_code == 200
    assert (await redeem(browser, codes[1], client_assertion=shown)).json()["error"] == "invalid_client"


async def test_keys_are_read_where_the_client_registered_them(simulator, browser):
    asked = []

    async def fetch(url):
        asked.append(url)
        return {"keys": [KEY.as_dict(private=False)]}

    simulator.fetch = fetch
    simulator.register(Client("onelogin", "city", (BACK,), jwks_uri="https://council.example/jwks.json"))
    await signed_in(simulator, browser, "mary")
    assert asked == ["https://council.example/jwks.json"]


async def test_one_login_takes_no_secret(simulator, browser):
    simulator.auto = "mary"
    code = parameters(await browser.get("/authorize", params=request()))["code"]
    ways = {"client_assertion": None, "client_assertion_type": None}
    answer = await redeem(browser, code, **ways, client_id="city", client_secret="hush")
    assert answer.json()["error"] == "invalid_client"


async def staff_token(simulator, browser, person, **other):
    provider = simulator.directory(CITYTOWN)
    simulator.auto = person
    asked = request(client_id="staff", scope="openid profile email", vtr=None)
    code = parameters(await browser.get(provider.authorize, params=asked))["code"]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER,
        "client_id": "staff", "client_secret": "hush", **other,
    }  # fmt: skip
    answer = await browser.post(provider.token, data=form)
    if answer.status_code != 200:
        return answer
    keys = KeySet.import_key_set((await browser.get(provider.jwks)).json())
    return jwt.decode(answer.json()["id_token"], keys, algorithms=["RS256"]).claims


async def test_the_directory_tells_tenant_object_and_groups(simulator, browser):
    claims = await staff_token(simulator, browser, "priya")
    tenant = simulator.tenants[CITYTOWN]
    assert claims["iss"] == f"http://localhost:9100/{CITYTOWN}/v2.0"
    assert (claims["tid"], claims["oid"]) == (CITYTOWN, tenant.staff["priya"].oid)
    assert [tenant.groups[one] for one in claims["groups"]] == ["Waste services"]
    assert claims["preferred_username"] == claims["email"] == "priya.raman@citytown.example"
    assert "email_verified" not in claims
    assert "email" not in await staff_token(simulator, browser, "sam")


async def test_movers_and_leavers_show_at_the_next_sign_in(simulator, browser):
    tenant = simulator.tenants[CITYTOWN]
    tax = next(one for one, name in tenant.groups.items() if name == "Council tax")
    moved = await browser.post(f"/simulator/staff/{CITYTOWN}/priya", json={"groups": [tax]})
    assert moved.json() == {"key": "priya", "groups": [tax], "active": True}
    assert (await staff_token(simulator, browser, "priya"))["groups"] == [tax]
    await browser.post(f"/simulator/staff/{CITYTOWN}/priya", data={"groups": tax})
    asked = request(client_id="staff", vtr=None)
    way = parameters(await browser.get(simulator.directory(CITYTOWN).authorize, params=asked))
    assert way["error"] == "access_denied"


async def test_a_council_is_not_asked_at_anothers_directory(simulator, browser):
    simulator.auto = "fiona"
    asked = request(client_id="staff", vtr=None)
    assert (await browser.get(simulator.directory(HILLSHIRE).authorize, params=asked)).status_code == 400
    refused = await staff_token(simulator, browser, "priya", client_secret="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("name", [name for name in EVERY if name not in DIRECTORY])
async def test_every_fault_changes_what_one_login_answers(simulator, browser, name):
    simulator.auto = "mary"
    honest = await journey(simulator, browser)
    assert await journey(simulator, browser) == honest, "but for a fault every sign-in is told alike"
    simulator.faults = EVERY[name]
    assert await journey(simulator, browser) != honest


@pytest.mark.parametrize("name", DIRECTORY)
async def test_every_fault_of_the_directory_changes_its_token(simulator, browser, name):
    honest = await staff_token(simulator, browser, "alex")
    assert {"tid", "oid", "groups"} <= honest.keys()
    simulator.faults = DIRECTORY[name]
    told = await staff_token(simulator, browser, "alex")
    assert [told.get(one) for one in ("tid", "oid", "groups")] != [
        honest[one] for one in ("tid", "oid", "groups")
    ]


async def journey(simulator, browser):
    """A sign-in with a proof: of each answer what an honest provider says every time."""
    simulator.now = lambda: NOON
    way = parameters(await browser.get("/authorize", params=request(**PROOF)))
    found = [sorted(way), way.get("state"), way.get("iss")]
    found += [(await browser.get(f"/.well-known/{one}.json")).status_code for one in ("jwks", "did")]
    answer = await redeem(
        browser, way.get("code", "none"), client_assertion=assertion(exp=NOON + 60, iat=NOON)
    )
    found.append(answer.status_code)
    if answer.is_success:
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        seen = await browser.get("/userinfo", headers=headers)
        found.append(
            held(answer.json()["id_token"], simulator.keys["onelogin"], answer.json()["access_token"])
        )
        found.append(seen.status_code)
        if seen.is_success:
            found += [seen.json()["sub"], held(seen.json()[CORE_IDENTITY], simulator.identity_keys)]
    return found


def held(text, keys, access_token=""):
    """Whether the provider's key signed it under its own name, and what stays the same of its claims."""
    key = keys.of("ES256")[0]
    try:
        token = jwt.decode(text, key, algorithms=["ES256"])
    except JoseError as error:
        return type(error).__name__
    claims = {name: value for name, value in token.claims.items() if name != "sid"}
    if "at_hash" in claims:
        claims["at_hash"] = claims["at_hash"] == at_hash(access_token)
    return token.header["kid"].endswith(key.kid), claims


async def test_a_fault_chosen_on_the_page_is_of_that_sign_in_alone(simulator, browser):
    page = await browser.get("/authorize", params=request())
    assert 'value="token-500"' in page.text
    assert "keys-500" not in page.text, "it would be a fault of everybody's sign-in"
    visit = re.search(r'name="visit" value="([^"]+)"', page.text)[1]
    choice = {"visit": visit, "person": "mary", "act": "go", "fault": "wrong-state"}
    assert (
        parameters(await browser.post("/simulator/choice", data=choice))["state"]
        == NAMED["wrong-state"].redirect["state"]
    )
    simulator.auto = "mary"
    assert parameters(await browser.get("/authorize", params=request()))["state"] == "a-state"
    assert (await browser.post("/simulator/choice", data=choice)).status_code == 400, "a visit is used once"


@pytest.mark.parametrize("error", ["access_denied", "temporarily_unavailable"])
async def test_the_tester_may_refuse_or_make_an_error_happen(simulator, browser, error):
    page = await browser.get("/authorize", params=request())
    assert "Simulation" in page.text
    visit = re.search(r'name="visit" value="([^"]+)"', page.text)[1]
    answer = await browser.post("/simulator/choice", data={"visit": visit, "person": "mary", "act": error})
    assert parameters(answer) == {
        "error": error, "error_description": "Chosen at the simulator", "state": "a-state"
    }  # fmt: skip


async def test_rotated_keys_overlap_or_do_not(simulator, browser):
    async def published():
        return {one["kid"] for one in (await browser.get("/.well-known/jwks.json")).json()["keys"]}

    before = await published()
    simulator.rotate()
    assert len(await published()) == 2
    assert before < await published()
    simulator.rotate(overlap=False)
    assert not before & await published()


async def test_an_endpoint_can_be_slow_or_broken(simulator, browser):
    simulator.faults = Faults(slow={"discovery": 0.2}, status={"did": 503})
    began = time.monotonic()
    await browser.get(simulator.onelogin.discovery)
    assert time.monotonic() - began >= 0.2
    assert (await browser.get("/.well-known/did.json")).status_code == 503
