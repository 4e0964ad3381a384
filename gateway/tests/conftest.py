"""One real Envoy for the whole run, before a small upstream that plays all services and the issuer.

A test that changes councils or revocations changes them for itself only: `proxy` puts them back.
Tests that need other settings start an Envoy of their own with `start_proxy`.
"""

import asyncio
import json
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey

from dev import binaries
from dev.ports import free_port
from gateway import files
from gateway.contracts import Contracts, read_contract
from gateway.settings import Settings
from gateway.snapshot import Snapshot

CLIENT = httpx.Client(timeout=10, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
ISSUER = "http://gateway.test/identity/"
SERVICES = ("address", "payments", "casework", "mapping", "identity", "resident")
PROTECTED: list[dict[str, list[str]]] = [{"oauth2": ["address:read"]}, {"apiKeyHeader": []}]
COUNCILS = {"citytown": "active", "oldtown": "suspended"}
MARKERS = count()


def operation(
    *, public: bool = False, body: int = 1_048_576, timeout: float = 10, **limits: bool
) -> dict[str, Any]:
    return {
        "security": [] if public else PROTECTED,
        "x-limits": {"body": body, "timeout": timeout, **limits},
    }


FOLDER = Path(__file__).parents[2] / "contracts" / "openapi"
DECLARED = ("x-error-shapes", "x-cross-origin")
CONTRACTS: dict[str, dict[str, Any]] = {
    "address": {
        "/{council}/address/v1/addresses": {"get": operation(), "post": operation(body=2_000)},
        "/{council}/address/v1/addresses/{uprn}": {"get": operation(), "patch": operation()},
        "/{council}/address/v1/slow": {"get": operation(timeout=0.3)},
        "/{council}/address/v1/uploads": {
            "get": operation(),
            "post": operation(body=100_000_000, timeout=5, stream=True),
        },
        "/{council}/address/v1/uploads/brief": {"post": operation(body=9, timeout=0.5, stream=True)},
        "/{council}/address/search/places/v1/postcode": {"get": operation()},
        "/{council}/address/postcodes-io/postcodes/{postcode}": {"get": operation(public=True)},
        "/{council}/address/v1/open": {"get": operation(public=True)},
        "/health/ready": {"get": operation(public=True)},
    },
    "payments": {
        "/{council}/payments/v1/council": {"get": operation()},
        "/{council}/payments/v1/statements": {"post": operation(stream=True)},
    },
    "identity": {
        "/identity/token": {"post": operation(public=True)},
        "/identity/.well-known/jwks.json": {"get": operation(public=True)},
        "/identity/v1/councils": {"get": operation()},
    },
}


def read_contracts() -> Contracts:
    """Read the operations above, with what the services' own contracts declare besides."""
    return sum((read_contract(name, make_document(name)) for name in CONTRACTS), Contracts())


def make_document(name: str) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": CONTRACTS[name], **read_declared(name)}


def read_declared(name: str) -> dict[str, Any]:
    """Read what a service's own contract tells the gateway besides its operations."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return {key: document[key] for key in DECLARED}


Request = dict[str, Any]
Response = tuple[int, bytes, dict[str, str]]


class Upstream:
    """Answers every path with the request it got, or with what `handlers` has for the path."""

    def __init__(self) -> None:
        self.port = free_port()
        self.keys: list[dict[str, Any]] = []
        self.handlers: dict[str, Callable[[Request], Response]] = {}
        self.received = 0  # bytes of bodies
        self.body_limit: int | None = None  # bytes after which it answers 413 without reading on

    def serving(self, port: int):
        """Serve the same upstream on another port."""
        return serving(self, port)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = bytearray(), True
        while more and (self.body_limit is None or len(body) <= self.body_limit):
            message = await receive()
            body += message.get("body", b"")
            self.received += len(message.get("body", b""))
            more = message.get("more_body", False)
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        request = {"path": scope["path"], "query": scope["query_string"].decode(), "headers": headers}
        request |= {"method": scope["method"], "body": len(body)}
        if scope["path"].endswith("/slow"):
            await asyncio.sleep(0.8)
        status, content, extra = self._answer(request, bytes(body)) if not more else (413, b"no more", {})
        lines = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, request: Request, body: bytes) -> Response:
        if handler := self.handlers.get(request["path"]):
            return handler({**request, "content": body})
        content = {"keys": self.keys} if request["path"].endswith("jwks.json") else request
        return 200, json.dumps(content).encode(), {"content-type": "application/json"}


@contextmanager
def serving(app: Any, port: int):
    """Serve the app on a port, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(10)


def wait_until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait until the condition holds, and return its value; fail when it does not in time."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


@dataclass
class Issuer:
    """Signs tokens and publishes its keys at the upstream."""

    upstream: Upstream
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))

    def publish(self, *keys: ECKey) -> None:
        self.upstream.keys = [{**key.as_dict(private=False), "alg": "ES256", "use": "sig"} for key in keys]

    def mint(self, *, key: ECKey | None = None, typ: str = "at+jwt", **claims: Any) -> str:
        now = int(time.time())
        content = {"iss": ISSUER, "aud": "townhall", "sub": "client", "client_id": "client", "jti": "token"}
        content |= {"iat": now, "exp": now + 600, "scope": "address:read", "councils": ["citytown"]}
        signer = key or self.key
        header = {"alg": "ES256", "kid": signer.as_dict()["kid"], "typ": typ}
        return jwt.encode(header, content | claims, signer)


@dataclass
class Proxy:
    """A running Envoy and what its files were made from."""

    settings: Settings
    issuer: Issuer
    upstream: Upstream
    process: subprocess.Popen[bytes] | None = None
    councils: dict[str, str] | None = field(default_factory=COUNCILS.copy)
    revoked: tuple[str | dict[str, Any], ...] = ()
    marker: str = ""
    contracts: Contracts = field(default_factory=read_contracts)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def key(self, **claims: Any) -> dict[str, str]:
        """The header of a valid credential."""
        return {"X-Api-Key": self.issuer.mint(**claims)}

    def send(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        return CLIENT.request(method, self.url + path, **options)

    def send_patiently(self, path: str, **options: Any) -> httpx.Response:
        """Send until an Envoy that may still be starting answers."""

        def try_once() -> httpx.Response | None:
            try:
                return self.send(path, **options)
            except httpx.TransportError:
                return None

        return wait_until(try_once)

    def build_snapshot(self) -> Snapshot | None:
        """Build identity's snapshot, with the marker as one suspended council more."""
        if self.councils is None:
            return None
        councils = self.councils | ({self.marker: "suspended"} if self.marker else {})
        revocations = [{"id": item} if isinstance(item, str) else item for item in self.revoked]
        listed = [{"slug": slug, "status": status} for slug, status in councils.items()]
        return Snapshot.model_validate({"councils": listed, "revoked": revocations})

    def apply(self, **changes: Any) -> None:
        """Write the files as the control plane would, and wait until Envoy knows the new marker."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.marker = f"marker-{next(MARKERS)}"
        files.write_dynamic(self.settings, self.contracts, self.build_snapshot())
        path = f"/{self.marker}/address/v1/open"
        wait_until(lambda: self.send(path).status_code == 403)

    def reset(self) -> None:
        """Put councils and revocations back, where a test or its control plane changed them."""
        usual = (self.councils, self.revoked) == (COUNCILS, ())
        if not usual or files.read_state(self.settings.out) != self.build_snapshot():
            self.apply(councils=COUNCILS.copy(), revoked=())

    @property
    def log(self) -> str:
        """Everything Envoy wrote to standard output: its access log."""
        return (self.settings.out / "stdout").read_text()

    def log_lines(self, path: str) -> list[dict[str, Any]]:
        """The access log's lines of one path, once there is one."""

        def find_lines() -> list[dict[str, Any]]:
            lines = [line for line in self.log.splitlines() if line.startswith("{") and path in line]
            return [line for line in map(json.loads, lines) if line["path"] == path]

        return wait_until(find_lines)

    def start(self, *, ready: bool) -> None:
        files.write_dynamic(self.settings, self.contracts, self.build_snapshot())
        argv = [binaries.envoy(), "-c", files.write_bootstrap(self.settings, self.contracts)]
        argv += ["--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
        argv += ["--file-flush-interval-msec", "50"]
        logs = [(self.settings.out / name).open("wb") for name in ("stdout", "stderr")]
        with logs[0], logs[1]:
            self.process = subprocess.Popen(argv, stdout=logs[0], stderr=logs[1])
        if ready:
            wait_until(self._is_ready)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (self.settings.out / "stderr").read_text()[-2000:]
        return self.send_patiently("/identity/v1/councils", headers=self.key()).status_code == 200

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def counter(self, name: str) -> int:
        """One of Envoy's counters, from its admin."""
        url = f"http://127.0.0.1:{self.settings.admin_port}/stats"
        text = CLIENT.get(url, params={"filter": f"^{name}$"}).text
        return int(text.rpartition(": ")[2] or 0)


@pytest.fixture(scope="session")
def declared():
    return {name: read_declared(name) for name in SERVICES}


@pytest.fixture(scope="session")
def running_upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    with serving(upstream, upstream.port):
        yield upstream


@pytest.fixture
def upstream(running_upstream):
    """The upstream, answering as usual and counting from nothing."""
    running_upstream.handlers.clear()
    running_upstream.received, running_upstream.body_limit = 0, None
    yield running_upstream
    running_upstream.handlers.clear()
    running_upstream.body_limit = None


@pytest.fixture(scope="session")
def start_proxy(running_upstream):
    """Start a gateway with the given settings; every one is stopped at the end of the run."""
    issuer = Issuer(running_upstream)
    issuer.publish(issuer.key)
    with tempfile.TemporaryDirectory(prefix="townhall-gateway-") as folder, ExitStack() as stack:

        def start(
            *,
            councils_known: bool = True,
            ready: bool = True,
            away: str = "",
            revoked: tuple[str, ...] = (),
            contracts: Contracts | None = None,
            **settings: Any,
        ) -> Proxy:
            upstreams = dict.fromkeys(SERVICES, f"127.0.0.1:{running_upstream.port}")
            if away:
                upstreams[away] = f"127.0.0.1:{free_port()}"
            usual = {"issuer": ISSUER, "keys_age": 1, "upstreams": upstreams}
            ports = {"port": free_port(), "admin_port": free_port()}
            out = Path(tempfile.mkdtemp(dir=folder))
            proxy = Proxy(Settings(**{**usual, **ports, "out": out, **settings}), issuer, running_upstream)
            proxy.revoked, proxy.contracts = revoked, contracts or proxy.contracts
            if not councils_known:
                proxy.councils = None
            proxy.start(ready=ready)
            stack.callback(proxy.stop)
            return proxy

        yield start


@pytest.fixture(scope="session")
def running_proxy(start_proxy):
    return start_proxy(address_rate=100_000, credential_rate=100_000, any_rate=100_000)


@pytest.fixture
def proxy(running_proxy):
    """The run's gateway with its usual councils, no revocation, and limits no test reaches by chance."""
    running_proxy.reset()
    return running_proxy


@pytest.fixture(scope="session")
def strict(start_proxy):
    """A gateway with small limits, which each test reaches with another client, and without payments."""
    return start_proxy(
        credential_rate=1,
        credential_burst=5,
        address_rate=1,
        address_burst=5,
        token_rate=1,
        token_burst=3,
        any_rate=1_000,
        any_burst=1_000,
        trusted_hops=1,
        away="payments",
    )


def send_bytes(proxy: Proxy, request: bytes) -> str:
    """Send bytes that no HTTP client would send, and return the whole answer as text."""
    answer = b""
    with socket.create_connection(("127.0.0.1", proxy.settings.port)) as connection:
        connection.settimeout(5)
        connection.sendall(request)
        while not is_complete(answer) and (received := connection.recv(8_000)):
            answer += received
    return answer.decode()


def is_complete(answer: bytes) -> bool:
    """Tell whether all bytes have arrived that the answer's length announces."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    return bool(end and length and len(body) >= int(length[1]))


@pytest.fixture(scope="session")
def send_raw():
    return send_bytes


@pytest.fixture(scope="session")
def eventually():
    return wait_until


@pytest.fixture(scope="session")
def write_contracts():
    """Write the test contracts into a folder, as the repository has its own."""

    def write(folder: Path) -> Path:
        folder.mkdir(parents=True)
        for name in CONTRACTS:
            (folder / f"{name}.json").write_text(json.dumps(make_document(name)))
        return folder

    return write
