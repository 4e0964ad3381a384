"""Scripts of every site may call OS Places and postcodes.io, and nothing else (CORS)."""

import pytest

PLACES = "/citytown/address/search/places/v1/postcode"
POSTCODES = "/citytown/address/postcodes-io/postcodes/BA11LJ"
OURS = "/citytown/address/v1/addresses"
ORIGIN = {"Origin": "https://a-map.example"}
EXPOSED = {"RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id"}


def preflight(proxy, path, method="GET", **headers):
    headers = {**ORIGIN, "Access-Control-Request-Method": method, **headers}
    return proxy.send(path, "OPTIONS", headers=headers)


def list_cors_headers(response):
    return {name for name in response.headers if name.startswith("access-control-")}


@pytest.mark.parametrize("path", [PLACES, POSTCODES, PLACES + "?key=junk", "/newtown" + PLACES[9:]])
def test_a_preflight_is_answered_without_a_credential(proxy, path):
    answer = preflight(proxy, path, **{"Access-Control-Request-Headers": "key, x-api-key"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"GET", "HEAD", "POST"}
    allowed = set(answer.headers["access-control-allow-headers"].lower().split(", "))
    assert {"key", "x-api-key", "authorization", "content-type"} <= allowed
    assert {"if-match", "idempotency-key", "content-crs"} <= allowed  # of changes
    assert answer.headers["access-control-max-age"] == "86400"
    assert "access-control-allow-credentials" not in answer.headers


def test_an_answer_can_be_read_by_scripts_of_every_site(proxy):
    response = proxy.send(PLACES, params={"key": proxy.issuer.mint()}, headers=ORIGIN)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert set(response.headers["access-control-expose-headers"].split(", ")) == EXPOSED
    assert "access-control-allow-credentials" not in response.headers


def test_a_service_that_sets_the_header_itself_does_not_double_it(proxy, upstream):
    upstream.handlers[POSTCODES] = lambda _: (200, b"{}", {"access-control-allow-origin": "*", "etag": "x"})
    response = proxy.send(POSTCODES, headers=ORIGIN)
    assert response.headers.get_list("access-control-allow-origin") == ["*"]
    assert set(response.headers["access-control-expose-headers"].split(", ")) == {*EXPOSED, "ETag"}


@pytest.mark.parametrize("path", [PLACES, POSTCODES + "?key=junk", "/citytown/address/postcodes-io/nothing"])
def test_a_refusal_can_be_read_too(proxy, path):
    response = proxy.send(path, headers=ORIGIN)
    assert response.status_code in {401, 404}
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_refusal_by_a_limit_can_be_read_too(strict):
    headers = {**ORIGIN, **strict.key(client_id="a-script")}
    answer = [strict.send(PLACES, headers=headers) for _ in range(8)][-1]
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (429, "*")


def test_preflights_count_against_the_limit_of_all_requests_only(strict):
    assert {preflight(strict, PLACES).status_code for _ in range(20)} == {204}


@pytest.mark.parametrize("path", [OURS, "/citytown/payments/v1/council", "/identity/v1/councils", "/health"])
def test_nothing_else_is_open_to_other_sites(proxy, path):
    assert not list_cors_headers(preflight(proxy, path))
    assert preflight(proxy, path).status_code != 204
    assert not list_cors_headers(proxy.send(path, headers={**ORIGIN, **proxy.key()}))


def test_options_without_the_question_of_a_browser_is_a_request_like_others(proxy):
    assert proxy.send(PLACES, "OPTIONS", headers=ORIGIN).status_code == 401
