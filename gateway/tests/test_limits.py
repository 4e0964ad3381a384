"""Limits: rates, sizes of bodies and headers, timeouts, connections and memory."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

PATH = "/citytown/address/v1/addresses"
PUBLIC = "/citytown/address/v1/open"


def send_many(proxy, times, path, method="GET", *, address="192.0.2.1", **headers):
    """Send a number of requests from one client address; their statuses, and the last answer."""
    headers = {"X-Forwarded-For": address, **headers}
    responses = [proxy.send(path, method, headers=headers) for _ in range(times)]
    return [response.status_code for response in responses], responses[-1]


def assert_limited(response, limit="credential", quota=5):
    assert (response.status_code, response.json()["code"]) == (429, "too-many-requests")
    assert_headers_of_limit(response, limit, quota)
    assert response.headers["content-type"] == "application/problem+json"


def assert_headers_of_limit(response, limit, quota):
    assert response.headers["retry-after"] == "1"
    assert response.headers["ratelimit"] == f'"{limit}";r=0;t=1'
    assert response.headers["ratelimit-policy"] == f'"{limit}";q={quota};w={quota}'


def test_one_credential_is_limited_and_learns_when_to_try_again(strict):
    statuses, last = send_many(strict, 8, PATH, **strict.key(client_id="greedy"))
    assert statuses[:5] == [200] * 5
    assert_limited(last)


def test_after_the_time_in_retry_after_there_is_room_again(strict):
    _, last = send_many(strict, 8, PATH, **strict.key(client_id="patient"))
    assert_limited(last)
    time.sleep(int(last.headers["retry-after"]))
    assert send_many(strict, 1, PATH, **strict.key(client_id="patient"))[0] == [200]


def test_each_credential_has_its_own_bucket(strict):
    assert_limited(send_many(strict, 8, PATH, **strict.key(client_id="first"))[1])
    assert send_many(strict, 4, PATH, **strict.key(client_id="second"))[0] == [200] * 4


def test_a_new_token_of_the_same_client_gets_no_new_bucket(strict):
    assert_limited(send_many(strict, 8, PATH, **strict.key(client_id="minter", jti="one"))[1])
    assert_limited(send_many(strict, 2, PATH, **strict.key(client_id="minter", jti="two"))[1])


def test_public_reads_are_limited_by_address(strict):
    statuses, last = send_many(strict, 8, PUBLIC, address="192.0.2.10")
    assert statuses[:5] == [200] * 5
    assert_limited(last, "address")
    assert send_many(strict, 1, PUBLIC, address="192.0.2.11")[0] == [200]


def test_addresses_of_one_ipv6_network_share_a_bucket(strict):
    assert_limited(send_many(strict, 8, PUBLIC, address="2001:db8:1:2::1")[1], "address")
    assert_limited(send_many(strict, 1, PUBLIC, address="2001:db8:1:2::beef")[1], "address")
    assert send_many(strict, 1, PUBLIC, address="2001:db8:1:3::1")[0] == [200]


def test_the_token_endpoint_is_stricter(strict):
    statuses, last = send_many(strict, 5, "/identity/token", "POST", address="192.0.2.20")
    assert statuses[:3] == [200] * 3
    assert last.status_code == 429
    assert_headers_of_limit(last, "token", 3)


def test_unknown_paths_are_limited_by_address(strict):
    assert_limited(send_many(strict, 8, "/favicon.ico", address="192.0.2.30")[1], "address")


def test_bad_credentials_are_limited_by_address_before_they_are_checked(start_proxy):
    proxy = start_proxy(any_rate=5, any_burst=10)
    forged = {"X-Api-Key": "junk", "x-townhall-client": "somebody"}
    responses = [proxy.send(PATH, headers=forged) for _ in range(20)]
    assert {response.status_code for response in responses} == {401, 429}
    limited = next(response for response in responses if response.status_code == 429)
    assert limited.headers["ratelimit-policy"] == '"any";q=10;w=2'
    assert limited.headers["ratelimit"] == '"any";r=0;t=1'
    assert limited.headers["retry-after"] == "1"


def test_a_changed_route_file_does_not_fill_the_buckets_again(strict):
    assert_limited(send_many(strict, 8, PATH, **strict.key(client_id="hopeful"))[1])
    strict.apply(revoked=("somebody",))
    assert_limited(send_many(strict, 3, PATH, **strict.key(client_id="hopeful"))[1])


def chunk_content(size):
    yield from (b"x" * 1_000 for _ in range(size // 1_000))


@pytest.mark.parametrize("content", [b"x" * 2_001, chunk_content(5_000)], ids=["declared", "chunked"])
def test_a_body_over_the_operations_limit_is_refused(proxy, content):
    response = proxy.send(PATH, "POST", headers=proxy.key(), content=content)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


def test_a_body_within_the_operations_limit_arrives_whole(proxy):
    assert proxy.send(PATH, "POST", headers=proxy.key(), content=b"x" * 2_000).json()["body"] == 2_000


def test_another_method_of_the_path_has_its_own_limit(proxy):
    path = f"{PATH}/100012345678"
    assert proxy.send(path, "PATCH", headers=proxy.key(), content=b"x" * 900_000).json()["body"] == 900_000
    assert proxy.send(path, "PATCH", headers=proxy.key(), content=b"x" * 1_100_000).status_code == 413


@pytest.mark.parametrize(
    "options", [{"headers": {"x-long": "a" * 40_000}}, {"params": {"q": "a" * 40_000}}], ids=["header", "URL"]
)
def test_huge_headers_and_urls_are_refused(proxy, options):
    response = proxy.send(PATH, **options)
    assert (response.status_code, response.json()["code"]) == (431, "headers-too-large")


def test_too_many_headers_are_refused(proxy):
    response = proxy.send(PATH, headers={f"x-{n}": "1" for n in range(150)})
    assert (response.status_code, response.json()["code"]) == (431, "headers-too-large")


def test_a_service_that_takes_too_long_is_a_504(proxy):
    started = time.monotonic()
    response = proxy.send("/citytown/address/v1/slow", headers=proxy.key())
    assert (response.status_code, response.json()["code"]) == (504, "service-timeout")
    assert time.monotonic() - started < 0.7


def test_a_service_that_is_away_is_a_503_after_two_retries(strict):
    before = strict.counter("cluster.payments.upstream_rq_retry")
    response = strict.send("/citytown/payments/v1/council", headers=strict.key(client_id="retrying"))
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
    assert "retry-after" in response.headers
    assert strict.counter("cluster.payments.upstream_rq_retry") - before == 2


def test_a_host_that_fails_is_detected_and_the_last_host_still_gets_requests(strict, upstream):
    name = "cluster.payments.outlier_detection.ejections_detected_consecutive_local_origin_failure"
    path, before = "/citytown/payments/v1/council", strict.counter(name)
    headers = strict.key(client_id="insisting")
    for _ in range(3):
        assert strict.send(path, headers=headers).status_code == 503
    assert strict.counter(name) - before >= 1
    port = int(strict.settings.upstreams["payments"].rpartition(":")[2])
    with upstream.serving(port):
        assert strict.send(path, headers=headers).status_code == 200


def test_clients_cannot_change_timeouts_and_retries(proxy):
    headers = {
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-envoy-max-retries": "9",
        "x-envoy-force-trace": "true",
    }
    response = proxy.send(PATH, headers={**proxy.key(), **headers})
    assert response.status_code == 200
    assert not headers.keys() & response.json()["headers"].keys()


def test_connections_are_bounded(start_proxy):
    proxy = start_proxy(connections=5)
    connections = [socket.create_connection(("127.0.0.1", proxy.settings.port)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(gets_answer, connections))
    assert 1 <= sum(answered) <= 5


def test_a_gateway_short_of_memory_refuses_requests_with_a_problem(start_proxy, eventually):
    proxy = start_proxy(memory=1, ready=False)
    answer = eventually(lambda: send_until_refused(proxy))
    assert answer.json()["code"] == "gateway-overloaded"
    assert answer.headers["retry-after"] == "2"


def send_until_refused(proxy):
    answer = proxy.send_patiently(PATH, headers=proxy.key())
    return answer if answer.status_code == 503 and "issuer" not in answer.text else None


def gets_answer(connection):
    """Tell whether a connection was accepted and gets an answer."""
    with connection:
        connection.settimeout(3)
        try:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n")
            return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False
