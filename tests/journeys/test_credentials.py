"""Valid and invalid credentials through the gateway, on every service."""

import sys
import time

import httpx
import pytest

from tests.conftest import BASES
from tests.waiting import eventually

KEYS = "/citytown/identity/v1/api-keys"
NEW_KEY = {"name": "a key", "mode": "sandbox", "scopes": ["address:read", "mapping:read"]}


def status_and_code(response):
    return response.status_code, response.json().get("code")


@pytest.fixture(params=BASES)
def council_path(request):
    return f"/citytown/{request.param}/v1/council"


def test_a_key_reads_the_council_on_every_service(citytown, council_path):
    assert citytown.get(council_path).json()["slug"] == "citytown"


def test_no_credential_is_401(gateway, council_path):
    response = gateway.get(council_path)
    assert status_and_code(response) == (401, "missing-credential")
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("credential", ["x", "a.b.c", "e30.e30.e30"])
def test_a_malformed_credential_is_401(gateway, council_path, credential):
    response = gateway.get(council_path, headers={"Authorization": f"Bearer {credential}"})
    assert status_and_code(response) == (401, "invalid-credential")
    assert credential not in response.headers.get("www-authenticate", "")


def test_a_tampered_key_is_401(platform, gateway, council_path):
    head, body, signature = platform.key().split(".")
    tampered = ".".join([head, body, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")])
    assert status_and_code(gateway.get(council_path, headers={"key": tampered})) == (
        401,
        "invalid-credential",
    )


def test_another_councils_key_is_403(platform, gateway, council_path):
    response = gateway.get(council_path, headers={"X-Api-Key": platform.key("hillshire")})
    assert status_and_code(response) == (403, "wrong-council")


def test_an_unknown_council_is_404(operator, council_path):
    response = operator.get(council_path.replace("citytown", "atlantis"))
    assert status_and_code(response) == (404, "unknown-council")


def test_a_key_without_the_scope_is_403(admin, gateway):
    created = admin.post(KEYS, json=NEW_KEY).json()
    response = gateway.get("/citytown/payments/v1/council", headers={"key": created["key"]})
    assert status_and_code(response) == (403, "missing-scope")


@pytest.mark.parametrize(
    "hostile", ["..%2f..%2fetc", "%00", "'; DROP TABLE council;--", "x" * 3000, "💥", "CITYTOWN"]
)
def test_a_hostile_council_is_a_4xx(citytown, hostile):
    response = citytown.get(f"/{hostile}/address/v1/council")
    assert 400 <= response.status_code < 500


def test_a_key_is_shown_once_listed_without_it_and_revoked_within_a_second(platform, admin, gateway):
    created = admin.post(KEYS, json=NEW_KEY)
    assert created.status_code == 201
    key, key_id = created.json()["key"], created.json()["id"]
    headers = {"X-Api-Key": key}
    eventually(lambda: gateway.get("/citytown/address/v1/council", headers=headers).status_code == 200)
    page = admin.get(KEYS, params={"limit": 100}).json()
    assert key_id in {item["id"] for item in page["items"]}
    assert key not in str(page)
    assert admin.delete(f"{KEYS}/{key_id}").status_code == 204
    start = time.monotonic()

    def is_refused():
        return status_and_code(gateway.get("/citytown/address/v1/council", headers=headers)) == (
            401,
            "revoked-credential",
        )

    eventually(is_refused, within=1)
    assert time.monotonic() - start < 1
    past_gateway = f"{platform.url('mapping')}/citytown/mapping/v1/council"
    eventually(
        lambda: status_and_code(gateway.get(past_gateway, headers=headers)) == (401, "revoked-credential"),
        within=1,
    )


def test_a_client_gets_a_token_for_its_secret_and_none_for_a_wrong_one(platform, gateway):
    client = platform.sandbox["councils"]["citytown"]
    form = {"grant_type": "client_credentials", "scope": "address:read"}
    accepted = gateway.post("/identity/token", data=form, auth=(client["client_id"], client["client_secret"]))
    assert accepted.json()["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {accepted.json()['access_token']}"}
    assert gateway.get("/citytown/address/v1/council", headers=headers).status_code == 200
    wrong_secret = gateway.post("/identity/token", data=form, auth=(client["client_id"], "wrong"))
    unknown_client = gateway.post("/identity/token", data=form, auth=("nobody", "wrong"))
    assert (wrong_secret.status_code, wrong_secret.json()["error"]) == (401, "invalid_client")
    assert wrong_secret.json() == unknown_client.json()


def test_the_issuers_metadata_and_keys_are_public(platform, gateway):
    metadata = gateway.get("/identity/.well-known/openid-configuration").json()
    assert metadata["issuer"] == f"{platform.gateway}/identity/"
    keys = gateway.get(metadata["jwks_uri"]).json()["keys"]
    assert keys
    assert {key["kty"] for key in keys} == {"EC", "RSA"}
    assert all({"d", "p", "q"}.isdisjoint(key) for key in keys)


def test_a_big_body_is_413_and_a_long_url_a_4xx(admin, citytown):
    response = admin.post(KEYS, content=b"x" * 3_000_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    response = citytown.get("/citytown/address/v1/addresses", params={"q": "x" * 60_000})
    assert 400 <= response.status_code < 500


def test_over_the_rate_limit_is_429_with_a_time_to_retry(platform, citytown):
    """Send from an address of its own, so that the limit does not hit other tests."""
    transport = httpx.HTTPTransport(local_address="127.0.0.2" if sys.platform == "linux" else None)
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "guess"}
    with httpx.Client(base_url=platform.gateway, transport=transport, timeout=10) as guesser:
        responses = [guesser.post("/identity/token", data=form) for _ in range(150)]
    assert {response.status_code for response in responses} == {401, 429}
    refusal = next(response for response in responses if response.status_code == 429)
    assert refusal.json()["error"] == "temporarily_unavailable", "in the shape of RFC 6749"
    assert refusal.headers["RateLimit"] == '"token";r=0;t=1'
    assert int(refusal.headers["Retry-After"]) >= 1
    assert citytown.get("/citytown/address/v1/council").status_code == 200, "another caller is not affected"
