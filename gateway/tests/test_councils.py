"""Councils: known, unknown, suspended; and a thousand of them."""

import time

import httpx
import pytest

from gateway.snapshot import Snapshot

PATH = "/{}/address/v1/addresses"
PLACES = "/{}/address/search/places/v1/postcode"


def status_and_code(response):
    return response.status_code, response.json()["code"]


def test_an_unknown_council_is_a_404(proxy):
    assert status_and_code(proxy.send(PATH.format("nowhere"), headers=proxy.key())) == (
        404,
        "unknown-council",
    )


def test_a_suspended_council_is_refused(proxy):
    assert status_and_code(proxy.send(PATH.format("oldtown"), headers=proxy.key())) == (
        403,
        "council-suspended",
    )


@pytest.mark.parametrize(("slug", "status"), [("nowhere", 404), ("oldtown", 403)])
def test_refused_councils_below_os_places_have_its_shape(proxy, slug, status):
    response = proxy.send(PLACES.format(slug), headers=proxy.key())
    assert response.status_code == status
    assert response.json() == {
        "error": {"statuscode": status, "message": response.json()["error"]["message"]}
    }


def test_a_slug_that_begins_like_a_councils_is_another_council(proxy):
    assert status_and_code(proxy.send(PATH.format("citytown2"), headers=proxy.key())) == (
        404,
        "unknown-council",
    )
    assert status_and_code(proxy.send(PATH.format("city"), headers=proxy.key())) == (404, "unknown-council")


def test_a_council_is_added_and_removed_without_a_restart(proxy):
    path = PATH.format("newtown")
    assert proxy.send(path, headers=proxy.key()).status_code == 404
    proxy.apply(councils={"citytown": "active", "newtown": "active"})
    assert proxy.send(path, headers=proxy.key()).status_code == 200
    proxy.apply(councils={"citytown": "active", "newtown": "suspended"})
    assert proxy.send(path, headers=proxy.key()).status_code == 403
    proxy.apply(councils={"citytown": "active", "oldtown": "suspended"})
    assert proxy.send(path, headers=proxy.key()).status_code == 404


def test_a_gateway_without_a_snapshot_says_that_it_is_starting(start_proxy):
    fresh = start_proxy(councils_known=False)
    response = fresh.send(PATH.format("citytown"), headers=fresh.key())
    assert status_and_code(response) == (503, "gateway-starting")
    assert response.headers["retry-after"] == "1"
    assert fresh.send("/identity/v1/councils", headers=fresh.key()).status_code == 200


@pytest.mark.parametrize("slug", ["../etc", "City", "a" * 50, "x", "citytown/../y", ""])
def test_a_council_with_a_hostile_slug_never_reaches_the_files(slug):
    with pytest.raises(ValueError, match="slug"):
        Snapshot.model_validate({"councils": [{"slug": slug, "status": "active"}], "revoked": []})


def measure_quickest(proxy, paths, headers):
    """Measure the quickest request in seconds: slower ones wait for the machine, not for the gateway."""
    with httpx.Client(base_url=proxy.url, headers=headers, trust_env=False) as client:
        durations = []
        for path in paths:
            started = time.perf_counter()
            assert client.get(path).status_code == 200
            durations.append(time.perf_counter() - started)
    return min(durations)


def test_a_thousand_councils_and_five_thousand_revoked_cost_no_more_than_a_few(proxy):
    """A search one by one would cost each request a quarter of a millisecond and more."""
    few = measure_quickest(proxy, [PATH.format("citytown")] * 300, proxy.key())
    councils = {f"council-{number}": "active" for number in range(1_000)}
    ids = [{"id": f"jti-{number:020}", "claim": "jti"} for number in range(5_000)]
    proxy.apply(councils={"citytown": "active", **councils}, revoked=ids[:-1])
    started = time.monotonic()
    proxy.apply(revoked=ids)
    assert time.monotonic() - started < 1
    many = measure_quickest(proxy, [PATH.format(slug) for slug in list(councils)[-300:]], proxy.key())
    last = proxy.send(PATH.format("council-999"), headers=proxy.key(jti="jti-00000000000000004999"))
    assert last.json()["code"] == "revoked-credential"
    assert many < few * 1.3 + 0.000_1
