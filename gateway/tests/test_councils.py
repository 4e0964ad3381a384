"""Councils: new, suspended; and a thousand of each."""

import time

import httpx
import pytest

from gateway.snapshot import Snapshot

PATH = "/{}/address/v1/addresses"


def status_and_code(response):
    return response.status_code, response.json()["code"]


def test_a_council_the_gateway_does_not_know_yet_is_for_the_service_to_know(proxy):
    """It may have been made a moment ago: the services learn of councils on a way of their own."""
    response = proxy.send(PATH.format("newtown"), headers=proxy.key())
    assert (response.status_code, response.json()["path"]) == (200, PATH.format("newtown"))


def test_a_suspended_council_is_refused(proxy):
    assert status_and_code(proxy.send(PATH.format("oldtown"), headers=proxy.key())) == (
        403,
        "council-suspended",
    )


def test_a_slug_that_begins_like_a_suspended_councils_is_another_council(proxy):
    for slug in ("oldtown2", "old"):
        assert proxy.send(PATH.format(slug), headers=proxy.key()).status_code == 200


def test_a_council_is_suspended_and_taken_back_without_a_restart(proxy):
    path = PATH.format("newtown")
    for status, expected in (("active", 200), ("suspended", 403), ("active", 200)):
        proxy.apply(councils={"citytown": "active", "newtown": status})
        assert proxy.send(path, headers=proxy.key()).status_code == expected


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
    suspended = {f"former-{number}": "suspended" for number in range(1_000)}
    ids = [{"id": f"jti-{number:020}", "claim": "jti"} for number in range(5_000)]
    proxy.apply(councils={"citytown": "active", **councils, **suspended}, revoked=ids[:-1])
    started = time.monotonic()
    proxy.apply(revoked=ids)
    assert time.monotonic() - started < 1
    many = measure_quickest(proxy, [PATH.format(slug) for slug in list(councils)[-300:]], proxy.key())
    last = proxy.send(PATH.format("council-999"), headers=proxy.key(jti="jti-00000000000000004999"))
    assert last.json()["code"] == "revoked-credential"
    assert many < few * 1.3 + 0.000_1
