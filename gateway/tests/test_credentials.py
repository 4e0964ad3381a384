"""Who is let in, by each place a credential may stand in, and who is not."""

import base64
import json
import time

import pytest
from joserfc.jwk import ECKey

PATH = "/citytown/address/v1/addresses"
PUBLIC = "/citytown/address/postcodes-io/postcodes/BA11LJ"
PLACES = "/citytown/address/search/places/v1/postcode"


def encoded(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def refused(answer, status, code):
    """A problem of the documented shape."""
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:townhall:problem:{code}"
    assert body["title"]
    assert body["detail"].endswith(".")
    return body


@pytest.mark.parametrize("typ", ["at+jwt", "key+jwt"])
@pytest.mark.parametrize(
    "place",
    [
        lambda token: {"headers": {"Authorization": f"Bearer {token}"}},
        lambda token: {"headers": {"Authorization": f"bearer {token}"}},
        lambda token: {"headers": {"X-Api-Key": token}},
        lambda token: {"headers": {"key": token}},
        lambda token: {"params": {"key": token, "postcode": "BA1 1LJ"}},
    ],
    ids=["Bearer", "bearer", "x-api-key", "key header", "key parameter"],
)
def test_a_credential_is_accepted_wherever_it_may_stand(proxy, place, typ):
    answer = proxy.ask(PATH, **place(proxy.issuer.mint(typ=typ)))
    assert answer.status_code == 200
    assert answer.json()["path"] == PATH


def test_the_service_gets_the_credential_and_the_query_unchanged(proxy):
    token = proxy.issuer.mint()
    asked = proxy.ask(f"{PATH}?q=Milsom%20Street&key={token}").json()
    assert asked["query"] == f"q=Milsom%20Street&key={token}"
    bearer = {"Authorization": f"Bearer {token}"}
    assert proxy.ask(PATH, headers=bearer).json()["headers"]["authorization"] == f"Bearer {token}"


def test_no_credential_is_refused_with_a_way_out(proxy):
    answer = proxy.ask(PATH)
    body = refused(answer, 401, "missing-credential")
    assert "X-Api-Key" in body["detail"]
    assert body["instance"] == PATH
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_credential_is_refused(proxy):
    answer = proxy.ask(PATH, headers=proxy.key(exp=int(time.time()) - 30))
    refused(answer, 401, "expired-credential")


def wrong(issuer):
    token = issuer.mint()
    header, payload, signature = token.split(".")
    stranger = ECKey.generate_key("P-256", {"kid": "first"})
    return {
        "another audience": issuer.mint(aud="elsewhere"),
        "another issuer": issuer.mint(iss="http://elsewhere/"),
        "another's key": issuer.mint(key=stranger),
        "not a token": "hello",
        "empty": ".",
        "alg none": f"{encoded({'alg': 'none'})}.{payload}.",
        "alg HS256": f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{payload}.{signature}",
        "changed claims": f"{header}.{encoded({'iss': 'x', 'scope': 'all'})}.{signature}",
        "changed signature": f"{header}.{payload}.{signature[::-1]}",
        "not yet valid": issuer.mint(nbf=int(time.time()) + 600),
        "never ends": issuer.mint(exp=None),
    }


@pytest.mark.parametrize("fault", list(wrong(type("Any", (), {"mint": lambda *_, **__: "a.b.c"})())))
def test_a_credential_that_is_not_ours_is_refused(proxy, fault):
    answer = proxy.ask(PATH, headers={"X-Api-Key": wrong(proxy.issuer)[fault]})
    refused(answer, 401, "invalid-credential")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_refusal_never_repeats_the_key_that_was_sent(proxy):
    answer = proxy.ask(f"{PATH}?key=secret.secret.secret&q=private")
    said = answer.text + str(answer.headers)
    assert "secret" not in said
    assert "private" not in said


def test_a_good_credential_does_not_excuse_a_bad_one_beside_it(proxy):
    answer = proxy.ask(PATH, headers={**proxy.key(), "key": "junk"})
    refused(answer, 401, "invalid-credential")


def test_a_public_operation_needs_no_credential(proxy):
    assert proxy.ask(PUBLIC).status_code == 200


def test_a_public_operation_still_refuses_a_wrong_credential(proxy):
    refused(proxy.ask(PUBLIC, headers={"X-Api-Key": "junk"}), 401, "invalid-credential")


def test_a_clients_own_login_at_the_token_endpoint_is_not_mistaken_for_a_token(proxy):
    answer = proxy.ask("/identity/token", "POST", auth=("client", "secret"), data={"grant_type": "x"})
    assert answer.status_code == 200
    assert answer.json()["headers"]["authorization"].startswith("Basic ")


@pytest.mark.parametrize("claims", [{"jti": "lost"}, {"client_id": "gone"}], ids=["jti", "client_id"])
def test_a_revoked_credential_is_refused(proxy, claims):
    proxy.apply(revoked=())
    assert proxy.ask(PATH, headers=proxy.key(**claims)).status_code == 200
    proxy.apply(revoked=("lost", "gone"))
    refused(proxy.ask(PATH, headers=proxy.key(**claims)), 401, "revoked-credential")
    refused(proxy.ask(PUBLIC, headers=proxy.key(**claims)), 401, "revoked-credential")
    assert proxy.ask(PATH, headers=proxy.key()).status_code == 200


@pytest.mark.parametrize("header", ["x-townhall-token", "x-townhall-client"])
def test_headers_filled_from_claims_cannot_be_sent(proxy, header):
    proxy.apply(revoked=("lost",))
    forged = {header: "lost"}
    asked = proxy.ask(PATH, headers={**proxy.key(), **forged})
    assert asked.json()["headers"][header] in {"token", "client"}
    assert header not in proxy.ask(PUBLIC, headers=forged).json()["headers"]
    lost = proxy.ask(PATH, headers={**proxy.key(jti="lost"), header: "innocent"})
    refused(lost, 401, "revoked-credential")


def test_refusals_below_os_places_have_its_shape(proxy):
    answer = proxy.ask(PLACES + "?postcode=BA1")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["statuscode"] == 401
    assert "X-Api-Key" in answer.json()["error"]["message"]


def test_without_the_issuers_keys_nobody_is_let_in_and_told_it_is_not_their_fault(make_proxy):
    lost = make_proxy(identity_url="http://127.0.0.1:1", wait=False)
    answer = lost.ask_patiently(PATH, headers=lost.key())
    refused(answer, 503, "issuer-unavailable")
    assert answer.headers["retry-after"] == "2"


def test_keys_rotate_with_overlap_and_no_restart(proxy, eventually):
    issuer, path = proxy.issuer, PATH
    old, new = issuer.key, ECKey.generate_key("P-256", {"kid": "second"})
    try:
        refused(proxy.ask(path, headers=proxy.key(key=new)), 401, "invalid-credential")
        issuer.publish(old, new)
        eventually(lambda: proxy.ask(path, headers=proxy.key(key=new)).status_code == 200)
        assert proxy.ask(path, headers=proxy.key(key=old)).status_code == 200
        issuer.publish(new)
        eventually(lambda: proxy.ask(path, headers=proxy.key(key=old, jti="late")).status_code == 401)
        assert proxy.ask(path, headers=proxy.key(key=new)).status_code == 200
    finally:
        issuer.publish(old)
        eventually(lambda: proxy.ask(path, headers=proxy.key(jti="after")).status_code == 200)
