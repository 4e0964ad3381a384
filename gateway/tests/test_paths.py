"""Paths: which lead somewhere, and which only look as if they did."""

import contextlib
import socket

import pytest

PATH = "/citytown/address/v1/addresses"


def raw(proxy, request):
    """The answer to bytes no HTTP client would send: all that comes within half a second of its begin."""
    with socket.create_connection(("127.0.0.1", proxy.settings.port)) as connection:
        connection.settimeout(5)
        connection.sendall(request)
        answer = connection.recv(8_000)
        connection.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while more := connection.recv(8_000):
                answer += more
    return answer.decode()


def get(path, *lines):
    """A plain request as bytes, which asks that the connection be closed."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: g", "Connection: close", *lines, "", ""]).encode()


def test_the_gateway_says_that_it_lives_without_asking_anyone(proxy):
    answer = proxy.ask("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/citytown", "/citytown/address/v1/nothing", PATH + "/1/2", "/health/ready"]
)
def test_a_path_no_contract_names_is_a_404_whoever_asks(proxy, path):
    for headers in ({}, proxy.key()):
        answer = proxy.ask(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-path")
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_unlisted_path_below_os_places_has_its_shape(proxy):
    answer = proxy.ask("/citytown/address/search/places/v1/nothing", headers=proxy.key())
    assert (answer.status_code, answer.json()["error"]["statuscode"]) == (404, 404)


def test_a_method_the_contract_lacks_is_the_services_to_refuse(proxy):
    answer = proxy.ask(PATH, "DELETE", headers=proxy.key())
    assert answer.json()["method"] == "DELETE"
    assert proxy.ask(PATH, "DELETE").status_code == 401


def test_paths_are_made_plain_before_they_are_looked_up(proxy):
    for path in (f"/{PATH}", PATH.replace("/v1", "//v1"), "/citytown/x/../address/v1/addresses"):
        answer = raw(proxy, get(path, f"X-Api-Key: {proxy.issuer.mint()}"))
        assert answer.startswith("HTTP/1.1 200"), path
        assert f'"path": "{PATH}"' in answer


@pytest.mark.parametrize("path", ["/citytown/address%2Fv1/addresses", "/citytown/address/v1/addresses%5C1"])
def test_hidden_slashes_are_refused(proxy, path):
    answer = proxy.ask(path, headers=proxy.key())
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def test_dots_do_not_lead_from_a_public_path_to_another(proxy):
    path = "/citytown/address/postcodes-io/postcodes/%2e%2e/%2e%2e/v1/addresses"
    assert raw(proxy, get(path)).startswith("HTTP/1.1 401")


@pytest.mark.parametrize(
    "request_",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: g\r\nX-Bad: a\x00b\r\n\r\n",
    ],
    ids=["nonsense", "no host", "two lengths", "negative length", "control character"],
)
def test_broken_http_is_a_problem_too(proxy, request_):
    answer = raw(proxy, request_)
    assert answer.startswith("HTTP/1.1 400")
    assert "application/problem+json" in answer
    assert '"code":"bad-request"' in answer


def test_the_gateway_is_no_open_proxy(proxy):
    assert raw(proxy, b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n").startswith(
        "HTTP/1.1 4"
    )


def test_an_unknown_path_is_told_before_its_body_has_come(proxy):
    head = b"POST /nowhere HTTP/1.1\r\nHost: g\r\nContent-Length: 1000\r\n\r\n"
    assert raw(proxy, head).startswith("HTTP/1.1 404")


def test_the_clients_address_is_told_to_the_service_and_cannot_be_forged(proxy):
    headers = proxy.ask(PATH, headers={**proxy.key(), "X-Forwarded-For": "203.0.113.9"}).json()["headers"]
    assert headers["x-forwarded-for"].startswith("203.0.113.9,")
    assert headers["x-envoy-external-address"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"


def test_an_unlisted_path_below_scim_has_its_shape(proxy):
    answer = proxy.ask("/citytown/identity/scim/v2/Nothing", headers=proxy.key())
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/scim+json")
    body = answer.json()
    assert (body["schemas"], body["status"]) == (["urn:ietf:params:scim:api:messages:2.0:Error"], "404")
    assert body["detail"]
