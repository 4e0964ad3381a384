"""Access log and traces: what they show of a request, and what they must never show."""

import re

import pytest

PATH = "/citytown/address/v1/addresses"
CONTEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRETS = ("qqprivateqq", "zzcookiezz")


def test_a_request_is_one_json_line(proxy):
    path = f"{PATH}/100012345680"
    response = proxy.send(path, headers=proxy.key(client_id="somebody"))
    (line,) = proxy.log_lines(path)
    assert line["method"] == "GET"
    assert line["status"] == 200
    assert line["client"] == "somebody"
    assert (
        line["request_id"] == response.headers["x-request-id"] == response.json()["headers"]["x-request-id"]
    )
    assert line["traceparent"] == response.json()["headers"]["traceparent"]


def test_a_refusal_is_logged_with_its_reason(proxy):
    path = f"{PATH}/100012345679"
    proxy.send(path)
    assert "Jwt_is_missing" in proxy.log_lines(path)[0]["why"]


@pytest.mark.parametrize("status", [200, 401, 404, 431])
def test_the_log_holds_no_query_and_no_secret(proxy, status):
    path = f"/citytown/address/v1/addresses/{status}" if status != 404 else "/nothing/404"
    token = proxy.issuer.mint() if status == 200 else "junk.junk.junk"
    filler = "a" * 40_000 if status == 431 else ""
    headers = {"Cookie": SECRETS[1] + filler, "X-Forwarded-For": "198.51.100.77"}
    response = proxy.send(f"{path}?key={token}&q={SECRETS[0]}", headers=headers)
    assert response.status_code in {status, 401}
    proxy.send(f"{path}/end")
    proxy.log_lines(f"{path}/end")
    for secret in (*SECRETS, token, token.split(".")[1], "198.51.100.77", "key="):
        assert secret not in proxy.log


def test_a_forged_client_never_appears_in_the_log(proxy):
    proxy.send("/health?forged", headers={"x-townhall-client": "forged"})
    proxy.send("/nowhere", headers={"x-townhall-client": "forged"})
    assert proxy.log_lines("/nowhere")
    assert "forged" not in proxy.log


def test_a_request_without_a_trace_context_gets_one(proxy):
    contexts = {proxy.send(PATH, headers=proxy.key()).json()["headers"]["traceparent"] for _ in range(20)}
    assert len(contexts) == 20
    for context in contexts:
        version, trace, span, flags = context.split("-")
        assert re.fullmatch("[0-9a-f]{32}", trace)
        assert re.fullmatch("[0-9a-f]{16}", span)
        assert (version, flags) == ("00", "01")


def test_a_clients_trace_context_is_passed_on(proxy):
    headers = {**proxy.key(), "traceparent": CONTEXT, "tracestate": "a=b"}
    forwarded = proxy.send(PATH, headers=headers).json()["headers"]
    assert (forwarded["traceparent"], forwarded["tracestate"]) == (CONTEXT, "a=b")


def test_a_clients_request_id_is_replaced(proxy):
    headers = proxy.send(PATH, headers={**proxy.key(), "x-request-id": "forged"}).json()["headers"]
    assert headers["x-request-id"] != "forged"


def test_a_collector_receives_spans_without_query_or_token(start_proxy, upstream, eventually):
    exports = []

    def collect(request):
        exports.append(request)
        return 200, b"{}", {}

    upstream.handlers["/v1/traces"] = collect
    collector = f"http://127.0.0.1:{upstream.port}/v1/traces"
    proxy = start_proxy(otlp_endpoint=collector, trace_ratio=1.0)
    token = proxy.issuer.mint()
    for _ in range(6):  # Envoy sends spans in batches of five
        response = proxy.send(f"{PATH}?q={SECRETS[0]}&key={token}", headers={"traceparent": CONTEXT})
    version, trace, span, _ = response.json()["headers"]["traceparent"].split("-")
    assert (version, trace) == tuple(CONTEXT.split("-")[:2])
    assert span != CONTEXT.split("-")[2]
    eventually(lambda: any(bytes.fromhex(trace) in export["content"] for export in exports))
    content = b"".join(export["content"] for export in exports)
    assert PATH.encode() in content
    assert SECRETS[0].encode() not in content
    assert token.encode() not in content
