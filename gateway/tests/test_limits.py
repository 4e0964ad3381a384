"""Bounds on what one client may send: how often, how much, how long."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.ports import free_port

PATH = "/citytown/address/v1/addresses"
PUBLIC = "/citytown/address/postcodes-io/postcodes/BA11LJ"


@pytest.fixture(scope="module")
def strict(make_proxy):
    """A gateway with small limits, each reached in its own test by a client of its own."""
    return make_proxy(
        credential_rate=1,
        credential_burst=5,
        address_rate=1,
        address_burst=5,
        token_rate=1,
        token_burst=3,
        any_rate=1_000,
        any_burst=1_000,
        trusted_hops=1,
    )


def sent(proxy, times, path, method="GET", *, address="192.0.2.1", **headers):
    """Statuses of so many requests from one client address, and the last answer."""
    headers = {"X-Forwarded-For": address, **headers}
    answers = [proxy.ask(path, method, headers=headers) for _ in range(times)]
    return [answer.status_code for answer in answers], answers[-1]


def limited(answer):
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1


def test_one_credential_is_limited_and_told_when_to_come_back(strict):
    statuses, last = sent(strict, 8, PATH, **strict.key(client_id="greedy"))
    assert statuses[:5] == [200] * 5
    limited(last)
    assert last.headers["x-ratelimit-limit"] == "5"
    assert last.headers["x-ratelimit-remaining"] == "0"


def test_after_the_time_told_there_is_room_again(strict):
    _, last = sent(strict, 8, PATH, **strict.key(client_id="patient"))
    limited(last)
    time.sleep(int(last.headers["retry-after"]))
    assert sent(strict, 1, PATH, **strict.key(client_id="patient"))[0] == [200]


def test_answers_say_how_much_is_left(strict):
    _, answer = sent(strict, 1, PATH, **strict.key(client_id="counting"))
    assert answer.headers["x-ratelimit-limit"] == "5"
    assert answer.headers["x-ratelimit-remaining"] == "4"


def test_another_credential_has_a_bucket_of_its_own(strict):
    limited(sent(strict, 8, PATH, **strict.key(client_id="first"))[1])
    assert sent(strict, 4, PATH, **strict.key(client_id="second"))[0] == [200] * 4


def test_a_new_token_of_the_same_client_is_no_new_bucket(strict):
    limited(sent(strict, 8, PATH, **strict.key(client_id="minter", jti="one"))[1])
    limited(sent(strict, 2, PATH, **strict.key(client_id="minter", jti="two"))[1])


def test_public_reads_are_limited_by_address(strict):
    statuses, last = sent(strict, 8, PUBLIC, address="192.0.2.10")
    assert statuses[:5] == [200] * 5
    limited(last)
    assert sent(strict, 1, PUBLIC, address="192.0.2.11")[0] == [200]


def test_addresses_of_one_ipv6_network_share_a_bucket(strict):
    limited(sent(strict, 8, PUBLIC, address="2001:db8:1:2::1")[1])
    limited(sent(strict, 1, PUBLIC, address="2001:db8:1:2::beef")[1])
    assert sent(strict, 1, PUBLIC, address="2001:db8:1:3::1")[0] == [200]


def test_the_token_endpoint_is_stricter(strict):
    statuses, last = sent(strict, 5, "/identity/token", "POST", address="192.0.2.20")
    assert statuses[:3] == [200] * 3
    limited(last)


def test_unknown_paths_are_limited_by_address(strict):
    limited(sent(strict, 8, "/favicon.ico", address="192.0.2.30")[1])


def test_bad_credentials_are_limited_by_address_before_they_are_checked(make_proxy):
    proxy = make_proxy(any_rate=5, any_burst=10)
    statuses = {proxy.ask(PATH, headers={"X-Api-Key": "junk"}).status_code for _ in range(20)}
    assert statuses == {401, 429}


def test_below_os_places_the_limit_has_its_shape(strict):
    path = "/citytown/address/search/places/v1/postcode"
    _, last = sent(strict, 8, path, **strict.key(client_id="os-client"))
    assert last.json() == {"error": {"statuscode": 429, "message": last.json()["error"]["message"]}}


def test_a_changed_route_file_does_not_fill_the_buckets_again(strict):
    limited(sent(strict, 8, PATH, **strict.key(client_id="hopeful"))[1])
    strict.apply(revoked=("somebody",))
    limited(sent(strict, 3, PATH, **strict.key(client_id="hopeful"))[1])


def chunks(size):
    yield from (b"x" * 1_000 for _ in range(size // 1_000))


@pytest.mark.parametrize("content", [b"x" * 2_001, chunks(5_000)], ids=["declared", "chunked"])
def test_a_body_over_the_operations_limit_is_refused(proxy, content):
    answer = proxy.ask(PATH, "POST", headers=proxy.key(), content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_body_within_the_operations_limit_arrives_whole(proxy):
    assert proxy.ask(PATH, "POST", headers=proxy.key(), content=b"x" * 2_000).json()["body"] == 2_000


def test_another_method_of_the_path_has_its_own_limit(proxy):
    path = f"{PATH}/100012345678"
    assert proxy.ask(path, "PATCH", headers=proxy.key(), content=b"x" * 900_000).json()["body"] == 900_000
    assert proxy.ask(path, "PATCH", headers=proxy.key(), content=b"x" * 1_100_000).status_code == 413


@pytest.mark.parametrize(
    "more", [{"headers": {"x-long": "a" * 40_000}}, {"params": {"q": "a" * 40_000}}], ids=["header", "URL"]
)
def test_huge_headers_and_urls_are_refused(proxy, more):
    answer = proxy.ask(PATH, **more)
    assert (answer.status_code, answer.json()["code"]) == (431, "headers-too-large")


def test_too_many_headers_are_refused(proxy):
    answer = proxy.ask(PATH, headers={f"x-{n}": "1" for n in range(150)})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers-too-large")


def test_a_service_that_takes_too_long_is_given_up(proxy):
    began = time.monotonic()
    answer = proxy.ask("/citytown/address/v1/slow", headers=proxy.key())
    assert (answer.status_code, answer.json()["code"]) == (504, "service-timeout")
    assert time.monotonic() - began < 0.7


def test_a_service_that_is_away_is_a_503(make_proxy, proxy):
    upstreams = proxy.settings.upstreams | {"payments": "127.0.0.1:1"}
    away = make_proxy(upstreams=upstreams)
    answer = away.ask("/citytown/payments/v1/council", headers=away.key())
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
    assert "retry-after" in answer.headers
    assert away.figure("cluster.payments.upstream_rq_retry") == 2


def test_a_host_that_fails_is_noticed_and_the_last_one_is_asked_all_the_same(make_proxy, proxy):
    port = free_port()
    away = make_proxy(upstreams=proxy.settings.upstreams | {"payments": f"127.0.0.1:{port}"})
    asked = "/citytown/payments/v1/council"
    for _ in range(3):
        assert away.ask(asked, headers=away.key()).status_code == 503
    name = "cluster.payments.outlier_detection.ejections_detected_consecutive_local_origin_failure"
    assert away.figure(name) >= 1
    with proxy.upstream.serving(port):
        assert away.ask(asked, headers=away.key()).status_code == 200


def test_clients_cannot_change_timeouts_and_retries(proxy):
    wishes = {
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-max-retries": "9",
        "x-envoy-force-trace": "true",
    }
    answer = proxy.ask(PATH, headers={**proxy.key(), **wishes})
    assert answer.status_code == 200
    assert not wishes.keys() & answer.json()["headers"].keys()


def test_connections_are_bounded(make_proxy):
    proxy = make_proxy(connections=5)
    opened = [socket.create_connection(("127.0.0.1", proxy.settings.port)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        alive = list(pool.map(answers, opened))
    assert 1 <= sum(alive) <= 5


def test_short_of_memory_the_gateway_refuses_and_says_so(make_proxy, eventually):
    proxy = make_proxy(memory=1, wait=False)
    answer = eventually(lambda: refusal(proxy))
    assert answer.json()["code"] == "gateway-overloaded"
    assert answer.headers["retry-after"] == "2"


def refusal(proxy):
    answer = proxy.ask_patiently(PATH, headers=proxy.key())
    return answer if answer.status_code == 503 and "issuer" not in answer.text else None


def answers(connection):
    """Whether a connection was let in and gets an answer."""
    with connection:
        connection.settimeout(3)
        try:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n")
            return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False
