"""HTTP that two servers could read in two ways is refused, or arrives in one way only."""

import json
import socket
import threading

import pytest

PATH = "/citytown/address/v1/addresses"


class RawUpstream:
    """Keeps every byte it gets, and answers 200."""

    def __init__(self, port):
        self.received = b""
        self._server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (data := connection.recv(65_536)):
                    request += data
                self.received += request
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def close(self):
        self._server.close()


@pytest.fixture(scope="module")
def raw_proxy(start_proxy):
    """A gateway whose payments are served by a raw upstream, which sees the bytes as they arrive."""
    proxy = start_proxy(away="payments")
    upstream = RawUpstream(int(proxy.settings.upstreams["payments"].rpartition(":")[2]))
    yield proxy, upstream
    upstream.close()


HOSTILE = {
    "in a value": b"X-A: b\rX-C: d",
    "at the end of a value": b"X-A: b\r",
    "before a line's end": b"X-A: b\r\r",
    "in a name": b"X-\rA: b",
    "as the only line's end": b"X-A: b\rX-Townhall-Client: forged",
    "before a second length": b"X-A: b\rContent-Length: 5",
    "before a transfer coding": b"X-A: b\rTransfer-Encoding: chunked",
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=list(HOSTILE))
def test_no_bare_carriage_return_ever_arrives_at_a_service(raw_proxy, send_raw, line):
    proxy, upstream = raw_proxy
    upstream.received = b""
    head = f"GET /citytown/payments/v1/council HTTP/1.1\r\nHost: g\r\nX-Api-Key: {proxy.issuer.mint()}\r\n"
    answer = send_raw(proxy, head.encode() + line + b"\r\n\r\n")
    assert answer.startswith(("HTTP/1.1 200", "HTTP/1.1 400"))
    assert bool(upstream.received) == answer.startswith("HTTP/1.1 200")
    assert b"\r" not in upstream.received.replace(b"\r\n", b"")
    lines = upstream.received.lower().split(b"\r\n")
    forbidden = (b"x-c:", b"x-townhall-client: forged", b"content-length:", b"transfer-encoding:")
    assert not [header for header in lines if header.startswith(forbidden)]


@pytest.mark.parametrize(
    "hosts",
    ["Host: g\r\nHost: g", "Host: g\r\nHost: other", "Host: g,other", "Host: g, g"],
    ids=["the same", "different", "joined", "joined with a space"],
)
def test_two_hosts_are_refused_with_and_without_a_credential(proxy, send_raw, hosts):
    for credential in ("X: y", f"X-Api-Key: {proxy.issuer.mint()}"):
        for path in (PATH, "/identity/token", "/health", "/nowhere"):
            answer = send_raw(proxy, f"GET {path} HTTP/1.1\r\n{hosts}\r\n{credential}\r\n\r\n".encode())
            assert answer.startswith("HTTP/1.1 400"), path


def test_headers_with_underscores_are_refused(proxy):
    for name in ("X_Api_Key", "x_townhall_client", "X-Api_Key"):
        response = proxy.send(PATH, headers={**proxy.key(), name: "a"})
        assert (response.status_code, response.json()["code"]) == (400, "bad-request")


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.2", "HTTP/0.9"])
def test_another_version_of_http_is_told_which_to_use(proxy, send_raw, version):
    answer = send_raw(proxy, f"GET {PATH} {version}\r\nHost: g\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 426")
    assert json.loads(answer.partition("\r\n\r\n")[2])["code"] == "http-version"
