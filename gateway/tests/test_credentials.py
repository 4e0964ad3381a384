"""Credentials: where they are accepted, and which are refused."""

import base64
import json
import re
import time
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from gateway.render.rbac import match_up_to

PATH = "/citytown/address/v1/addresses"
PUBLIC = "/citytown/address/v1/open"


def encode(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def assert_refused(response, status, code):
    """Check that the answer is a problem of the documented shape."""
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
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
def test_a_credential_is_accepted_in_each_of_its_places(proxy, place, typ):
    response = proxy.send(PATH, **place(proxy.issuer.mint(typ=typ)))
    assert response.status_code == 200
    assert response.json()["path"] == PATH


def test_the_service_gets_the_credential_and_the_query_unchanged(proxy):
    token = proxy.issuer.mint()
    request = proxy.send(f"{PATH}?q=Milsom%20Street&key={token}").json()
    assert request["query"] == f"q=Milsom%20Street&key={token}"
    bearer = {"Authorization": f"Bearer {token}"}
    assert proxy.send(PATH, headers=bearer).json()["headers"]["authorization"] == f"Bearer {token}"


def test_a_request_without_a_credential_is_refused_with_a_way_out(proxy):
    response = proxy.send(PATH)
    body = assert_refused(response, 401, "missing-credential")
    assert "X-Api-Key" in body["detail"]
    assert body["instance"] == PATH
    assert response.headers["www-authenticate"] == "Bearer"


def test_an_expired_credential_is_refused(proxy):
    response = proxy.send(PATH, headers=proxy.key(exp=int(time.time()) - 30))
    assert_refused(response, 401, "expired-credential")


def make_invalid_tokens(issuer):
    token = issuer.mint()
    header, payload, signature = token.split(".")
    stranger = ECKey.generate_key("P-256", {"kid": "first"})
    return {
        "another audience": issuer.mint(aud="elsewhere"),
        "another issuer": issuer.mint(iss="http://elsewhere/"),
        "another key": issuer.mint(key=stranger),
        "not a token": "hello",
        "empty": ".",
        "alg none": f"{encode({'alg': 'none'})}.{payload}.",
        "alg HS256": f"{encode({'alg': 'HS256', 'kid': 'first'})}.{payload}.{signature}",
        "changed claims": f"{header}.{encode({'iss': 'x', 'scope': 'all'})}.{signature}",
        "changed signature": f"{header}.{payload}.{signature[::-1]}",
        "not yet valid": issuer.mint(nbf=int(time.time()) + 600),
        "never ends": issuer.mint(exp=None),
    }


@pytest.mark.parametrize(
    "fault", list(make_invalid_tokens(type("Any", (), {"mint": lambda *_, **__: "a.b.c"})()))
)
def test_an_invalid_credential_is_refused(proxy, fault):
    response = proxy.send(PATH, headers={"X-Api-Key": make_invalid_tokens(proxy.issuer)[fault]})
    assert_refused(response, 401, "invalid-credential")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_refusal_never_repeats_the_key(proxy):
    response = proxy.send(f"{PATH}?key=secret.secret.secret&q=private")
    text = response.text + str(response.headers)
    assert "secret" not in text
    assert "private" not in text


def test_a_valid_credential_does_not_excuse_an_invalid_one_beside_it(proxy):
    response = proxy.send(PATH, headers={**proxy.key(), "key": "junk"})
    assert_refused(response, 401, "invalid-credential")


def test_a_public_operation_needs_no_credential(proxy):
    assert proxy.send(PUBLIC).status_code == 200


def test_a_public_operation_still_refuses_an_invalid_credential(proxy):
    assert_refused(proxy.send(PUBLIC, headers={"X-Api-Key": "junk"}), 401, "invalid-credential")


def test_basic_authentication_at_the_token_endpoint_is_not_taken_for_a_token(proxy):
    response = proxy.send("/identity/token", "POST", auth=("client", "secret"), data={"grant_type": "x"})
    assert response.status_code == 200
    assert response.json()["headers"]["authorization"].startswith("Basic ")


CLAIMS = ("jti", "client_id", "sub", "mandate")


@pytest.mark.parametrize("claim_known", [True, False], ids=["its claim is known", "its claim is not known"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_a_revoked_credential_is_refused(proxy, claim, claim_known):
    revoked = proxy.key(**{claim: "gone"})
    proxy.apply(revoked=())
    assert proxy.send(PATH, headers=revoked).status_code == 200
    proxy.apply(revoked=("lost", {"id": "gone", "claim": claim if claim_known else None}))
    assert_refused(proxy.send(PATH, headers=revoked), 401, "revoked-credential")
    assert_refused(proxy.send(PUBLIC, headers=revoked), 401, "revoked-credential")
    assert proxy.send(PATH, headers=proxy.key()).status_code == 200


@pytest.mark.parametrize("claim", CLAIMS)
def test_tokens_issued_before_a_revocation_are_refused_and_later_ones_are_not(proxy, claim):
    second = int(time.time())
    moment = datetime.fromtimestamp(second, UTC).isoformat()
    proxy.apply(revoked=({"id": "moved", "claim": claim, "issued_before": moment},))
    issue_times = (0, 9, second - 100, second - 1, second, second + 1, second + 100)
    statuses = [
        proxy.send(PATH, headers=proxy.key(**{claim: "moved", "iat": issued})).status_code
        for issued in issue_times
    ]
    # A token of the same second may precede the revocation: it is refused, as the services do.
    assert statuses == [401, 401, 401, 401, 401, 200, 200]


def test_a_new_token_after_a_revocation_is_still_refused_for_another_reason(proxy):
    earlier = datetime.fromtimestamp(int(time.time()) - 100, UTC).isoformat()
    moved = {"id": "moved", "claim": "sub", "issued_before": earlier}
    proxy.apply(revoked=(moved, {"id": "ended", "claim": "mandate"}, {"id": "gone", "claim": "client_id"}))
    for claims in ({"mandate": "ended"}, {"client_id": "gone"}):
        assert_refused(proxy.send(PATH, headers=proxy.key(sub="moved", **claims)), 401, "revoked-credential")
    assert proxy.send(PATH, headers=proxy.key(sub="moved")).status_code == 200
    elsewhere = proxy.send("/oldtown/address/v1/addresses", headers=proxy.key(sub="moved"))
    assert_refused(elsewhere, 403, "council-suspended")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_id_revoked_several_times_is_refused_by_each_revocation(proxy, order):
    now = int(time.time())
    moments = [datetime.fromtimestamp(now - ago, UTC).isoformat() for ago in (500, 100)]
    revocations = [{"id": "moved", "claim": "sub", "issued_before": moment} for moment in (*moments, None)]
    proxy.apply(revoked=tuple(revocations[place] for place in order))
    assert_refused(proxy.send(PATH, headers=proxy.key(sub="moved")), 401, "revoked-credential")
    proxy.apply(revoked=tuple(revocations[place] for place in order if place != 2))
    responses = [proxy.send(PATH, headers=proxy.key(sub="moved", iat=now - ago)) for ago in (200, 50)]
    assert [response.status_code for response in responses] == [401, 200]


def test_many_ids_revoked_up_to_the_same_second_are_refused_like_a_single_one(proxy):
    now = int(time.time())

    def revoke(claim, count, ago):
        moment = datetime.fromtimestamp(now - ago, UTC).isoformat()
        return [{"id": f"{claim}-{n}", "claim": claim, "issued_before": moment} for n in range(count)]

    shared = [*revoke("sub", 120, 100), *revoke("mandate", 60, 50), *revoke("client_id", 9, 30)]
    forever = {"id": "sub-7", "claim": "sub"}
    proxy.apply(revoked=(*shared, forever, {"id": "gone", "claim": "client_id"}))

    def status(ago, **claims):
        return proxy.send(PATH, headers=proxy.key(iat=now - ago, **claims)).status_code

    for claim, moment in (("sub", 100), ("mandate", 50), ("client_id", 30)):
        ids = [f"{claim}-{n}" for n in (0, 5, 8)]
        assert [status(moment, **{claim: name}) for name in ids] == [401] * 3
        assert [status(moment - 1, **{claim: name}) for name in ids] == [200] * 3
    assert status(0, sub="sub-7") == 401
    assert status(200) == 200  # as old as those, but not revoked
    assert status(200, sub="sub-9", mandate="mandate-9") == 401
    assert status(60, sub="sub-9", mandate="mandate-9") == 401
    assert status(0, sub="sub-9", client_id="gone") == 401
    elsewhere = proxy.send("/oldtown/address/v1/addresses", headers=proxy.key(iat=now - 200))
    assert_refused(elsewhere, 403, "council-suspended")


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_the_expression_for_numbers_up_to_a_limit_matches_no_other(limit, number):
    for candidate in (number, limit, limit + 1, max(0, limit - 1)):
        assert bool(re.fullmatch(match_up_to(limit), str(candidate))) == (candidate <= limit)


@pytest.mark.parametrize(
    "header", ["x-townhall-token", "x-townhall-client", "x-townhall-subject", "x-townhall-issued"]
)
def test_headers_filled_from_claims_cannot_be_forged(proxy, header):
    proxy.apply(revoked=("lost",))
    forged = {header: "lost"}
    response = proxy.send(PATH, headers={**proxy.key(), **forged})
    assert response.json()["headers"][header] != "lost"
    assert header not in proxy.send(PUBLIC, headers=forged).json()["headers"]
    lost = proxy.send(PATH, headers={**proxy.key(jti="lost"), header: "innocent"})
    assert_refused(lost, 401, "revoked-credential")


def test_a_mandate_that_the_token_lacks_cannot_be_forged(proxy):
    response = proxy.send(PATH, headers={**proxy.key(), "x-townhall-mandate": "forged"})
    assert "x-townhall-mandate" not in response.json()["headers"]


def test_without_the_issuers_keys_every_token_is_refused_with_a_503(start_proxy):
    keyless = start_proxy(identity_url="http://127.0.0.1:1", ready=False)
    answer = keyless.send_patiently(PATH, headers=keyless.key())
    assert_refused(answer, 503, "issuer-unavailable")
    assert answer.headers["retry-after"] == "2"


def test_signing_keys_rotate_with_overlap_and_without_a_restart(proxy, eventually):
    issuer, path = proxy.issuer, PATH
    old, new = issuer.key, ECKey.generate_key("P-256", {"kid": "second"})
    try:
        assert_refused(proxy.send(path, headers=proxy.key(key=new)), 401, "invalid-credential")
        issuer.publish(old, new)
        eventually(lambda: proxy.send(path, headers=proxy.key(key=new)).status_code == 200)
        assert proxy.send(path, headers=proxy.key(key=old)).status_code == 200
        issuer.publish(new)
        eventually(lambda: proxy.send(path, headers=proxy.key(key=old, jti="late")).status_code == 401)
        assert proxy.send(path, headers=proxy.key(key=new)).status_code == 200
    finally:
        issuer.publish(old)
        eventually(lambda: proxy.send(path, headers=proxy.key(jti="after")).status_code == 200)
