"""Who is let in, by each place a credential may stand in, and who is not."""

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

from gateway.render import denials

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


CLAIMS = ("jti", "client_id", "sub", "mandate")


@pytest.mark.parametrize("known", [True, False], ids=["its claim is known", "its claim is not known"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_a_revoked_credential_is_refused(proxy, claim, known):
    gone = proxy.key(**{claim: "gone"})
    proxy.apply(revoked=())
    assert proxy.ask(PATH, headers=gone).status_code == 200
    proxy.apply(revoked=("lost", {"id": "gone", "claim": claim if known else None}))
    refused(proxy.ask(PATH, headers=gone), 401, "revoked-credential")
    refused(proxy.ask(PUBLIC, headers=gone), 401, "revoked-credential")
    assert proxy.ask(PATH, headers=proxy.key()).status_code == 200


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_was_issued_before_the_moment_is_refused_and_what_comes_after_is_not(proxy, claim):
    second = int(time.time())
    moment = datetime.fromtimestamp(second, UTC).isoformat()
    proxy.apply(revoked=({"id": "moved", "claim": claim, "issued_before": moment},))
    moments = (0, 9, second - 100, second - 1, second, second + 1, second + 100)
    statuses = [
        proxy.ask(PATH, headers=proxy.key(**{claim: "moved", "iat": issued})).status_code
        for issued in moments
    ]
    # The token of the same second may have been the earlier one: it is refused, as the services do.
    assert statuses == [401, 401, 401, 401, 401, 200, 200]


def test_a_new_token_of_one_who_moved_is_still_refused_for_another_reason(proxy):
    earlier = datetime.fromtimestamp(int(time.time()) - 100, UTC).isoformat()
    moved = {"id": "moved", "claim": "sub", "issued_before": earlier}
    proxy.apply(revoked=(moved, {"id": "ended", "claim": "mandate"}, {"id": "gone", "claim": "client_id"}))
    for other in ({"mandate": "ended"}, {"client_id": "gone"}):
        refused(proxy.ask(PATH, headers=proxy.key(sub="moved", **other)), 401, "revoked-credential")
    assert proxy.ask(PATH, headers=proxy.key(sub="moved")).status_code == 200
    nowhere = proxy.ask("/atlantis/address/v1/addresses", headers=proxy.key(sub="moved"))
    refused(nowhere, 404, "unknown-council")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_an_id_that_several_refuse_what_any_refuses_is_refused(proxy, order):
    now = int(time.time())
    moments = [datetime.fromtimestamp(now - ago, UTC).isoformat() for ago in (500, 100)]
    found = [{"id": "moved", "claim": "sub", "issued_before": moment} for moment in (*moments, None)]
    proxy.apply(revoked=tuple(found[place] for place in order))
    refused(proxy.ask(PATH, headers=proxy.key(sub="moved")), 401, "revoked-credential")
    proxy.apply(revoked=tuple(found[place] for place in order if place != 2))
    answers = [proxy.ask(PATH, headers=proxy.key(sub="moved", iat=now - ago)) for ago in (200, 50)]
    assert [answer.status_code for answer in answers] == [401, 200]


def test_many_refused_up_to_the_same_second_are_refused_as_one_by_itself_is(proxy):
    now = int(time.time())

    def refusals(claim, count, ago):
        moment = datetime.fromtimestamp(now - ago, UTC).isoformat()
        return [{"id": f"{claim}-{n}", "claim": claim, "issued_before": moment} for n in range(count)]

    crowd = [*refusals("sub", 120, 100), *refusals("mandate", 60, 50), *refusals("client_id", 9, 30)]
    wider = {"id": "sub-7", "claim": "sub"}
    proxy.apply(revoked=(*crowd, wider, {"id": "gone", "claim": "client_id"}))

    def status(ago, **claims):
        return proxy.ask(PATH, headers=proxy.key(iat=now - ago, **claims)).status_code

    for claim, moment in (("sub", 100), ("mandate", 50), ("client_id", 30)):
        ids = [f"{claim}-{n}" for n in (0, 5, 8)]
        assert [status(moment, **{claim: name}) for name in ids] == [401] * 3
        assert [status(moment - 1, **{claim: name}) for name in ids] == [200] * 3
    assert status(0, sub="sub-7") == 401
    assert status(200) == 200  # as old as they, and none of them
    assert status(200, sub="sub-9", mandate="mandate-9") == 401
    assert status(60, sub="sub-9", mandate="mandate-9") == 401
    assert status(0, sub="sub-9", client_id="gone") == 401
    elsewhere = proxy.ask("/atlantis/address/v1/addresses", headers=proxy.key(iat=now - 200))
    refused(elsewhere, 404, "unknown-council")


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_the_expression_for_numbers_up_to_one_matches_those_and_no_other(most, number):
    for tried in (number, most, most + 1, max(0, most - 1)):
        assert bool(re.fullmatch(denials.not_above(most), str(tried))) == (tried <= most)


@pytest.mark.parametrize(
    "header", ["x-townhall-token", "x-townhall-client", "x-townhall-subject", "x-townhall-issued"]
)
def test_headers_filled_from_claims_cannot_be_sent(proxy, header):
    proxy.apply(revoked=("lost",))
    forged = {header: "lost"}
    asked = proxy.ask(PATH, headers={**proxy.key(), **forged})
    assert asked.json()["headers"][header] != "lost"
    assert header not in proxy.ask(PUBLIC, headers=forged).json()["headers"]
    lost = proxy.ask(PATH, headers={**proxy.key(jti="lost"), header: "innocent"})
    refused(lost, 401, "revoked-credential")


def test_who_acts_by_no_mandate_cannot_say_he_does(proxy):
    asked = proxy.ask(PATH, headers={**proxy.key(), "x-townhall-mandate": "somebody's"})
    assert "x-townhall-mandate" not in asked.json()["headers"]


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
