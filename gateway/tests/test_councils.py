"""Councils as data: known, unknown, suspended; and a thousand of them."""

import time

import httpx
import pytest

from gateway.snapshot import Snapshot

PATH = "/{}/address/v1/addresses"
PLACES = "/{}/address/search/places/v1/postcode"


def codes(answer):
    return answer.status_code, answer.json()["code"]


def test_a_council_that_is_not_there_is_a_404(proxy):
    assert codes(proxy.ask(PATH.format("nowhere"), headers=proxy.key())) == (404, "unknown-council")


def test_a_suspended_council_is_refused(proxy):
    assert codes(proxy.ask(PATH.format("oldtown"), headers=proxy.key())) == (403, "council-suspended")


@pytest.mark.parametrize(("slug", "status"), [("nowhere", 404), ("oldtown", 403)])
def test_below_os_places_these_have_its_shape(proxy, slug, status):
    answer = proxy.ask(PLACES.format(slug), headers=proxy.key())
    assert answer.status_code == status
    assert answer.json() == {"error": {"statuscode": status, "message": answer.json()["error"]["message"]}}


def test_a_slug_that_begins_like_a_councils_is_not_that_council(proxy):
    assert codes(proxy.ask(PATH.format("citytown2"), headers=proxy.key())) == (404, "unknown-council")
    assert codes(proxy.ask(PATH.format("city"), headers=proxy.key())) == (404, "unknown-council")


def test_a_council_comes_and_goes_without_a_restart(proxy):
    path = PATH.format("newtown")
    assert proxy.ask(path, headers=proxy.key()).status_code == 404
    proxy.apply(councils={"citytown": "active", "newtown": "active"})
    assert proxy.ask(path, headers=proxy.key()).status_code == 200
    proxy.apply(councils={"citytown": "active", "newtown": "suspended"})
    assert proxy.ask(path, headers=proxy.key()).status_code == 403
    proxy.apply(councils={"citytown": "active", "oldtown": "suspended"})
    assert proxy.ask(path, headers=proxy.key()).status_code == 404


def test_a_gateway_that_knows_no_councils_yet_says_so_and_not_that_there_are_none(make_proxy):
    fresh = make_proxy(known=False)
    answer = fresh.ask(PATH.format("citytown"), headers=fresh.key())
    assert codes(answer) == (503, "gateway-starting")
    assert answer.headers["retry-after"] == "1"
    assert fresh.ask("/identity/v1/councils", headers=fresh.key()).status_code == 200


@pytest.mark.parametrize("slug", ["../etc", "City", "a" * 50, "x", "citytown/../y", ""])
def test_a_council_with_a_hostile_slug_never_reaches_the_files(slug):
    with pytest.raises(ValueError, match="slug"):
        Snapshot.model_validate({"councils": [{"slug": slug, "status": "active"}], "revoked": []})


def quickest(proxy, paths, headers):
    """Seconds of the quickest request: what the gateway needs when the machine has time for it."""
    with httpx.Client(base_url=proxy.url, headers=headers, trust_env=False) as client:
        taken = []
        for path in paths:
            began = time.perf_counter()
            assert client.get(path).status_code == 200
            taken.append(time.perf_counter() - began)
    return min(taken)


def test_a_thousand_councils_and_five_thousand_revoked_cost_no_more_than_a_few(proxy):
    """Looking through them one by one would cost each request a quarter of a millisecond and more."""
    few = quickest(proxy, [PATH.format("citytown")] * 300, proxy.key())
    crowd = {f"council-{number}": "active" for number in range(1_000)}
    ids = [{"id": f"jti-{number:020}", "claim": "jti"} for number in range(5_000)]
    proxy.apply(councils={"citytown": "active", **crowd}, revoked=ids[:-1])
    began = time.monotonic()
    proxy.apply(revoked=ids)
    assert time.monotonic() - began < 1
    many = quickest(proxy, [PATH.format(slug) for slug in list(crowd)[-300:]], proxy.key())
    last = proxy.ask(PATH.format("council-999"), headers=proxy.key(jti="jti-00000000000000004999"))
    assert last.json()["code"] == "revoked-credential"
    assert many < few * 1.3 + 0.000_1
