"""A real Envoy in front of a small upstream which plays all services and the issuer."""

import asyncio
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
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
from gateway.contracts import operations
from gateway.settings import Settings
from gateway.snapshot import Snapshot

CLIENT = httpx.Client(timeout=10, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
ISSUER = "http://gateway.test/identity/"
SERVICES = ("address", "payments", "casework", "mapping", "identity")
PROTECTED: list[dict[str, list[str]]] = [{"oauth2": ["address:read"]}, {"apiKeyHeader": []}]


def operation(
    *, public: bool = False, body: int = 1_048_576, timeout: float = 10, **limits: bool
) -> dict[str, Any]:
    limits_ = {"body": body, "timeout": timeout, **limits}
    return {"security": [] if public else PROTECTED, "x-limits": limits_}


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
        "/health/ready": {"get": operation(public=True)},
    },
    "payments": {"/{council}/payments/v1/council": {"get": operation()}},
    "identity": {
        "/identity/token": {"post": operation(public=True)},
        "/identity/.well-known/jwks.json": {"get": operation(public=True)},
        "/identity/v1/councils": {"get": operation()},
    },
}


class Upstream:
    """Answers every path with what it was asked, and is told what to answer instead."""

    def __init__(self) -> None:
        self.port = free_port()
        self.keys: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], tuple[int, bytes, dict[str, str]]]] = {}
        self.seen: list[dict[str, Any]] = []
        self.taken = 0  # bytes of bodies
        self.most: int | None = None  # bytes after which it answers 413 without reading on

    def serving(self, port: int):
        """The same upstream on another port."""
        return running(self, port)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = bytearray(), True
        while more and (self.most is None or len(body) <= self.most):
            message = await receive()
            body += message.get("body", b"")
            self.taken += len(message.get("body", b""))
            more = message.get("more_body", False)
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        asked = {"path": scope["path"], "query": scope["query_string"].decode(), "headers": headers}
        asked |= {"method": scope["method"], "body": len(body)}
        self.seen.append(asked)
        if scope["path"].endswith("/slow"):
            await asyncio.sleep(0.8)
        status, content, extra = self._answer(asked, bytes(body)) if not more else (413, b"no more", {})
        lines = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, asked: dict[str, Any], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if made := self.answers.get(asked["path"]):
            return made({**asked, "content": body})
        content = {"keys": self.keys} if asked["path"].endswith("jwks.json") else asked
        return 200, json.dumps(content).encode(), {"content-type": "application/json"}


@contextmanager
def running(app: Any, port: int):
    """The app on a port, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait(lambda: server.started)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(10)


def wait(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Until the condition holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@dataclass
class Issuer:
    """Signs tokens; ``rotate`` changes the key and publishes both."""

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
    councils: dict[str, str] | None = field(
        default_factory=lambda: {"citytown": "active", "oldtown": "suspended"}
    )
    revoked: tuple[str | dict[str, Any], ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def key(self, **claims: Any) -> dict[str, str]:
        """The header of a valid credential."""
        return {"X-Api-Key": self.issuer.mint(**claims)}

    def ask(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        return CLIENT.request(method, self.url + path, **more)

    def ask_patiently(self, path: str, **more: Any) -> httpx.Response:
        """The first answer of an Envoy that may still be starting."""

        def answer() -> httpx.Response | None:
            try:
                return self.ask(path, **more)
            except httpx.TransportError:
                return None

        return wait(answer)

    def snapshot(self) -> Snapshot | None:
        return None if self.councils is None else snapshot(self.councils, self.revoked)

    def apply(self, **changes: Any) -> None:
        """Write the files as the control plane would, and wait until Envoy has taken them."""
        for name, value in changes.items():
            setattr(self, name, value)
        before = self.figure("http.gateway.rds.townhall.update_success")
        if files.write_dynamic(self.settings, contracts(), self.snapshot()):
            wait(lambda: self.figure("http.gateway.rds.townhall.update_success") > before)

    @property
    def log(self) -> str:
        """Everything Envoy wrote to standard output: its access log."""
        return (self.settings.out / "stdout").read_text()

    def lines(self, path: str) -> list[dict[str, Any]]:
        """The access log's lines of one path, once there is one."""

        def found() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
            return [line for line in lines if line["path"] == path]

        return wait(found)

    def start(self, *, ready: bool) -> None:
        files.write_dynamic(self.settings, contracts(), self.snapshot())
        argv = [binaries.envoy(), "-c", files.write_bootstrap(self.settings)]
        argv += ["--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
        argv += ["--file-flush-interval-msec", "50"]
        logs = [(self.settings.out / name).open("wb") for name in ("stdout", "stderr")]
        with logs[0], logs[1]:
            self.process = subprocess.Popen(argv, stdout=logs[0], stderr=logs[1])
        wait(self._ready if ready else lambda: True)

    def _ready(self) -> bool:
        assert self.process.poll() is None, (self.settings.out / "stderr").read_text()[-2000:]
        return self.ask_patiently("/identity/v1/councils", headers=self.key()).status_code == 200

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def figure(self, name: str) -> int:
        """One of Envoy's counters, from its admin."""
        at = f"http://127.0.0.1:{self.settings.admin_port}/stats"
        text = CLIENT.get(at, params={"filter": f"^{name}$"}).text
        return int(text.rpartition(": ")[2] or 0)


def snapshot(councils: dict[str, str], revoked: Any = ()) -> Snapshot:
    listed = [{"slug": slug, "status": status} for slug, status in councils.items()]
    refusals = [{"id": one} if isinstance(one, str) else one for one in revoked]
    return Snapshot.model_validate({"councils": listed, "revoked": refusals})


def contracts() -> list[Any]:
    return [one for name, paths in CONTRACTS.items() for one in operations(name, {"paths": paths})]


@pytest.fixture(scope="module")
def upstream():
    made = Upstream()
    with running(made, made.port):
        yield made


@pytest.fixture(scope="module")
def issuer(upstream):
    made = Issuer(upstream)
    made.publish(made.key)
    return made


@pytest.fixture(scope="module")
def make_proxy(upstream, issuer):
    """Starts a gateway with the settings given; every one is stopped at the end of the module."""
    with tempfile.TemporaryDirectory(prefix="townhall-gateway-") as folder, ExitStack() as stack:

        def make(*, known: bool = True, wait: bool = True, **settings: Any) -> Proxy:
            at = f"127.0.0.1:{upstream.port}"
            usual = {"issuer": ISSUER, "keys_age": 1, "upstreams": dict.fromkeys(SERVICES, at)}
            ports = {
                "port": free_port(),
                "admin_port": free_port(),
                "out": Path(tempfile.mkdtemp(dir=folder)),
            }
            made = Proxy(Settings(**{**usual, **ports, **settings}), issuer, upstream)
            if not known:
                made.councils = None
            made.start(ready=wait)
            stack.callback(made.stop)
            return made

        yield make


@pytest.fixture(scope="module")
def proxy(make_proxy):
    """A gateway of this module's own, with limits no test reaches by chance."""
    return make_proxy(address_rate=100_000, credential_rate=100_000, any_rate=100_000)


@pytest.fixture(scope="session")
def eventually():
    return wait


@pytest.fixture(scope="session")
def contract_files():
    """Writes the test contracts into a folder, as the repository has its own."""

    def write(folder: Path) -> Path:
        folder.mkdir(parents=True)
        for name, paths in CONTRACTS.items():
            (folder / f"{name}.json").write_text(json.dumps({"openapi": "3.1.0", "paths": paths}))
        return folder

    return write
