"""What can be seen of a request afterwards, and what must never be."""

import re

import pytest

PATH = "/citytown/address/v1/addresses"
CONTEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRETS = ("qqprivateqq", "zzcookiezz")


def test_a_request_is_one_json_line(proxy):
    path = f"{PATH}/100012345678"
    answer = proxy.ask(path, headers=proxy.key(client_id="somebody"))
    (line,) = proxy.lines(path)
    assert line["method"] == "GET"
    assert line["status"] == 200
    assert line["client"] == "somebody"
    assert line["request_id"] == answer.headers["x-request-id"] == answer.json()["headers"]["x-request-id"]
    assert line["traceparent"] == answer.json()["headers"]["traceparent"]


def test_a_refusal_is_logged_with_its_reason(proxy):
    path = f"{PATH}/100012345679"
    proxy.ask(path)
    assert "Jwt_is_missing" in proxy.lines(path)[0]["why"]


@pytest.mark.parametrize("status", [200, 401, 404, 431])
def test_the_log_holds_no_query_and_no_secret(proxy, status):
    path = f"/citytown/address/v1/addresses/{status}" if status != 404 else "/nothing/404"
    token = proxy.issuer.mint() if status == 200 else "junk.junk.junk"
    filler = "a" * 40_000 if status == 431 else ""
    headers = {"Cookie": SECRETS[1] + filler, "X-Forwarded-For": "198.51.100.77"}
    answer = proxy.ask(f"{path}?key={token}&q={SECRETS[0]}", headers=headers)
    assert answer.status_code in {status, 401}
    proxy.ask(f"{path}/end")
    proxy.lines(f"{path}/end")
    for secret in (*SECRETS, token, token.split(".")[1], "198.51.100.77", "key="):
        assert secret not in proxy.log


def test_a_forged_client_never_stands_in_the_log(proxy):
    proxy.ask("/health?forged", headers={"x-townhall-client": "forged"})
    proxy.ask("/nowhere", headers={"x-townhall-client": "forged"})
    assert proxy.lines("/nowhere")
    assert "forged" not in proxy.log


def test_a_request_without_a_trace_context_gets_one(proxy):
    seen = {proxy.ask(PATH, headers=proxy.key()).json()["headers"]["traceparent"] for _ in range(20)}
    assert len(seen) == 20
    for context in seen:
        version, trace, span, flags = context.split("-")
        assert re.fullmatch("[0-9a-f]{32}", trace)
        assert re.fullmatch("[0-9a-f]{16}", span)
        assert (version, flags) == ("00", "01")


def test_a_trace_context_that_comes_along_is_passed_on(proxy):
    headers = {**proxy.key(), "traceparent": CONTEXT, "tracestate": "a=b"}
    passed = proxy.ask(PATH, headers=headers).json()["headers"]
    assert (passed["traceparent"], passed["tracestate"]) == (CONTEXT, "a=b")


def test_a_request_id_from_outside_is_not_believed(proxy):
    sent = proxy.ask(PATH, headers={**proxy.key(), "x-request-id": "forged"}).json()["headers"]
    assert sent["x-request-id"] != "forged"


def test_where_a_collector_listens_spans_reach_it_without_query_or_token(make_proxy, upstream, eventually):
    received = []

    def collect(asked):
        received.append(asked)
        return 200, b"{}", {}

    upstream.answers["/v1/traces"] = collect
    collector = f"http://127.0.0.1:{upstream.port}/v1/traces"
    proxy = make_proxy(otlp_endpoint=collector, trace_ratio=1.0)
    token = proxy.issuer.mint()
    for _ in range(6):  # Envoy sends spans in batches of five
        answer = proxy.ask(f"{PATH}?q={SECRETS[0]}&key={token}", headers={"traceparent": CONTEXT})
    version, trace, span, _ = answer.json()["headers"]["traceparent"].split("-")
    assert (version, trace) == tuple(CONTEXT.split("-")[:2])
    assert span != CONTEXT.split("-")[2]
    eventually(lambda: any(bytes.fromhex(trace) in one["content"] for one in received))
    sent = b"".join(one["content"] for one in received)
    assert PATH.encode() in sent
    assert SECRETS[0].encode() not in sent
    assert token.encode() not in sent
