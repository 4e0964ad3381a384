"""Paths: those of the contracts, those of nobody, and broken requests."""

import pytest

PATH = "/citytown/address/v1/addresses"


def get(path, *lines):
    """Write a plain request as bytes, which asks to close the connection."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: g", "Connection: close", *lines, "", ""]).encode()


def test_the_gateway_answers_for_its_own_health(proxy):
    response = proxy.send("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/citytown", "/citytown/address/v1/nothing", PATH + "/1/2", "/health/ready"]
)
def test_a_path_that_no_contract_names_is_a_404_with_and_without_a_credential(proxy, path):
    for headers in ({}, proxy.key()):
        response = proxy.send(path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (404, "unknown-path")
        assert response.headers["content-type"] == "application/problem+json"


def test_a_method_that_the_contract_lacks_reaches_the_service(proxy):
    response = proxy.send(PATH, "DELETE", headers=proxy.key())
    assert response.json()["method"] == "DELETE"
    assert proxy.send(PATH, "DELETE").status_code == 401


def test_paths_are_normalised_before_they_are_matched(proxy, send_raw):
    for path in (f"/{PATH}", PATH.replace("/v1", "//v1"), "/citytown/x/../address/v1/addresses"):
        answer = send_raw(proxy, get(path, f"X-Api-Key: {proxy.issuer.mint()}"))
        assert answer.startswith("HTTP/1.1 200"), path
        assert f'"path": "{PATH}"' in answer


@pytest.mark.parametrize("path", ["/citytown/address%2Fv1/addresses", "/citytown/address/v1/addresses%5C1"])
def test_escaped_slashes_are_refused(proxy, path):
    response = proxy.send(path, headers=proxy.key())
    assert (response.status_code, response.json()["code"]) == (400, "bad-request")


def test_dots_do_not_lead_from_a_public_path_to_another(proxy, send_raw):
    path = "/citytown/address/postcodes-io/postcodes/%2e%2e/%2e%2e/v1/addresses"
    assert send_raw(proxy, get(path)).startswith("HTTP/1.1 401")


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
def test_broken_http_is_a_problem_too(proxy, request_, send_raw):
    answer = send_raw(proxy, request_)
    assert answer.startswith("HTTP/1.1 400")
    assert "application/problem+json" in answer
    assert '"code":"bad-request"' in answer


def test_the_gateway_is_no_open_proxy(proxy, send_raw):
    assert send_raw(proxy, b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n").startswith(
        "HTTP/1.1 4"
    )


def test_an_unknown_path_is_refused_before_its_body_arrives(proxy, send_raw):
    head = b"POST /nowhere HTTP/1.1\r\nHost: g\r\nContent-Length: 1000\r\n\r\n"
    assert send_raw(proxy, head).startswith("HTTP/1.1 404")


def test_the_service_learns_the_clients_address_which_cannot_be_forged(proxy):
    headers = proxy.send(PATH, headers={**proxy.key(), "X-Forwarded-For": "203.0.113.9"}).json()["headers"]
    assert headers["x-forwarded-for"].startswith("203.0.113.9,")
    assert headers["x-envoy-external-address"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
