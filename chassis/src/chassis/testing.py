"""pytest plugin: a service's tests on a real PostgreSQL, with tokens of a test issuer.

A service's ``tests/conftest.py`` defines one fixture, ``service``. The run provides ``postgres_url`` (a
superuser's) and ``nats_url``; without the workspace around it they come from the environment.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select

from chassis import ids, migrations, tables
from chassis.app import Service, build, configure, create_app
from chassis.database import Database, Session
from chassis.events import Envelope
from chassis.provision import provision
from chassis.settings import Settings

ISSUER = "http://test.invalid/identity/"
PASSWORD = "for-tests-only"  # noqa: S105 - of databases that live as long as the test run
COUNCILS = (
    ("citytown", "Citytown Council", "E06000022"),
    ("hillshire", "Hillshire Council", "S12000030"),
    ("sleepton", "Sleepton Council", "E06000999"),  # suspended
)

_TEMPLATE_LOCK = 7_420_599
_IS_TEMPLATE = "SELECT true FROM pg_database WHERE datistemplate AND datname = $1"
_templates: set[tuple[str, str]] = set()  # of a server, by its superuser's URL
_apps: dict[int, tuple[Service, FastAPI]] = {}
_OUTBOX = select(tables.outbox.c.envelope).order_by(tables.outbox.c.id)

Mint = Callable[..., str]


def _from_environment(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        raise pytest.UsageError(f"set {name}, or run the tests from the workspace, which starts the server")
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A superuser's URL of a PostgreSQL server for this run."""
    return _from_environment("TEST_POSTGRES_URL")


@pytest.fixture(scope="session")
def nats_url() -> str:
    """A NATS server with JetStream for this run."""
    return _from_environment("TEST_NATS_URL")


@pytest.fixture(scope="session")
def issuer_key() -> ECKey:
    """The test issuer's signing key."""
    return ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"})


@pytest.fixture(scope="session")
def jwks_url(issuer_key: ECKey, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The test issuer's public keys."""
    path: Path = tmp_path_factory.mktemp("issuer") / "jwks.json"
    path.write_text(httpx.Response(200, json=KeySet([issuer_key]).as_dict(private=False)).text)
    return path.as_uri()


@pytest.fixture(scope="session")
def mint(issuer_key: ECKey) -> Mint:
    """``mint(scopes=["address:read"], councils=["citytown"], typ="at+jwt", **claims)`` -> a token."""

    def make(
        *,
        scopes: list[str] | None = None,
        councils: list[str] | None = None,
        typ: str = "at+jwt",
        **claims: Any,
    ) -> str:
        now = int(time.time())
        body = {
            "iss": ISSUER,
            "aud": "townhall",
            "sub": "test-client",
            "client_id": "test-client",
            "jti": ids.show(ids.new()),
            "iat": now,
            "exp": now + 600,
            "scope": " ".join(scopes or []),
            "councils": ["citytown"] if councils is None else councils,
            "mode": "sandbox",
            **claims,
        }
        return jwt.encode({"alg": "ES256", "kid": "test", "typ": typ}, body, issuer_key)

    return make


async def _template(admin: str, service: Service, settings: Mapping[str, Any]) -> str:
    """The service's migrated database with the test councils and what a first start makes, once a run.

    Processes of one run share the server; the first to come makes the template.
    """
    if (admin, service.name) in _templates:
        return service.name
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        if not await connection.fetchval(
            "SELECT true FROM pg_database WHERE datistemplate AND datname = $1", service.name
        ):
            await _make_template(admin, service, settings)
            await connection.execute(f"ALTER DATABASE {service.name} IS_TEMPLATE true")
    finally:
        await connection.close()
    _templates.add((admin, service.name))
    return service.name


async def _make_template(admin: str, service: Service, settings: Mapping[str, Any]) -> None:
    await provision(admin, service.name, owner_password=PASSWORD, password=PASSWORD)
    await migrations.migrate(service.name, _url(admin, f"{service.name}_owner", service.name))
    connection = await asyncpg.connect(admin, database=service.name)
    await connection.executemany(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $2, $3, 'local', 1)", COUNCILS
    )
    await connection.execute("UPDATE council SET status = 'suspended' WHERE slug = 'sleepton'")
    await connection.close()
    if service.start is not None and settings:
        url = _url(admin, service.name, service.name)
        async with running(create_app(service, service.settings(database_url=url, **settings))):
            pass


def _url(admin: str, role: str, database: str) -> str:
    place = urlsplit(admin)
    return f"postgresql://{role}:{PASSWORD}@{place.hostname}:{place.port}/{database}"


@asynccontextmanager
async def fresh_database(
    admin: str, service: Service, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[str]:
    """A database of its own for the service: its runtime role's URL. Dropped afterwards.

    ``settings``: with which a service that makes something at its first start makes it, once for all.
    """
    template = await _template(admin, service, settings or {})
    name = f"{service.name}_{ids.show(ids.new())}"
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {service.name}_owner")
        await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {service.name}")
        yield _url(admin, service.name, name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def first_start() -> Mapping[str, Any]:
    """Settings for what the service makes at its first start. Override it where it makes something."""
    return {}


@pytest.fixture(scope="module")
async def database_url(
    postgres_url: str, service: Service, first_start: Mapping[str, Any]
) -> AsyncIterator[str]:
    """A migrated database for the module's tests: the runtime role's URL."""
    async with fresh_database(postgres_url, service, first_start) as url:
        yield url


@pytest.fixture(scope="module")
def settings(service: Service, database_url: str, jwks_url: str, nats_url: str) -> Settings:
    """The service's settings in the module's tests. Override it to change some."""
    return service.settings(
        database_url=database_url, jwks_url=jwks_url, issuer=ISSUER, nats_url=nats_url, trace_ratio=0
    )


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application inside its lifespan, and a client that talks to it without a socket."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as client,
    ):
        yield client


@pytest.fixture(scope="module")
def app(service: Service, settings: Settings) -> FastAPI:
    """The service's application with the module's settings. It is built once a run."""
    if id(service) not in _apps:
        _apps[id(service)] = service, build(service)
    _, app = _apps[id(service)]
    configure(app, settings)
    return app


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service; nothing is mocked below it."""
    async with running(app) as client:
        yield client


@pytest.fixture(scope="module")
async def database(service: Service, settings: Settings) -> AsyncIterator[Database]:
    """The module's database, open."""
    database = service.database(settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[Session]:
    """A transaction that is rolled back: tests do not see each other's rows."""
    async with database.writer.connect() as connection:
        transaction = await connection.begin()
        session = Session(connection)
        if database.rows_secured:
            await session.see("citytown")
        yield session
        await transaction.rollback()


@pytest.fixture
def council() -> str:
    """The council most tests speak for."""
    return COUNCILS[0][0]


async def published(database: Database) -> list[Envelope]:
    """The events waiting in the outbox, in order."""
    async with database.reading() as session:
        rows = await session.all(_OUTBOX)
    return [Envelope.model_validate_json(row.envelope) for row in rows]


async def eventually(check: Callable[[], Any], *, within: float = 5.0, every: float = 0.05) -> Any:
    """Try ``check`` (plain or async) until it answers something true, and answer that."""
    end = time.monotonic() + within
    while True:
        found = check()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {check}")
        await asyncio.sleep(every)
