"""pytest plugin: a service's tests on a real PostgreSQL, with tokens of a test issuer.

A service's ``tests/conftest.py`` defines one fixture, ``service``. The workspace provides ``postgres_url``
(a superuser's) and ``nats_url``; without it they come from the environment.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select

from chassis import clock, tables
from chassis.app import Service, build, configure
from chassis.database import Database, Session
from chassis.events import Envelope
from chassis.messages.sent_page import SentMessage, list_messages_to
from chassis.settings import Settings
from chassis.testing.clients import ISSUER, Mint, make_delegate_mint, make_mint, make_person_mint, running
from chassis.testing.databases import COUNCILS, PASSWORD, fresh_database
from chassis.testing.deliveries import Deliver
from chassis.testing.jobs import RunJobs
from chassis.testing.servers import Authority, Server, listening, make_authority
from chassis.testing.staff import SignInStaff

__all__ = [
    "COUNCILS",
    "ISSUER",
    "PASSWORD",
    "Deliver",
    "Mint",
    "RunJobs",
    "SentMessage",
    "SignInStaff",
    "eventually",
    "fresh_database",
    "published",
    "running",
]

SEALING_KEY = "dGhlIHNlYWxpbmcga2V5IG9mIHRlc3RzLCAzMiBieXQ="
_apps: dict[int, tuple[Service, FastAPI]] = {}
_OUTBOX = select(tables.outbox.c.envelope).order_by(tables.outbox.c.id)


def _from_environment(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        raise pytest.UsageError(f"set {name}, or run the tests from the workspace, which starts the server")
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return a superuser's URL of the run's PostgreSQL server."""
    return _from_environment("TEST_POSTGRES_URL")


@pytest.fixture(scope="session")
def broker() -> SimpleNamespace:
    """Return the run's NATS with JetStream: its ``url``, and ``seeds`` of users if it has accounts."""
    return SimpleNamespace(url=_from_environment("TEST_NATS_URL"), seeds={})


@pytest.fixture(scope="session")
def nats_url(broker: Any) -> str:
    """Return the URL of the run's NATS."""
    return str(broker.url)


@pytest.fixture(scope="session")
def issuer_key() -> ECKey:
    """Make the test issuer's signing key."""
    return ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"})


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make a CA of the tests' own, with what a server that it vouches for serves with."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[Server]:
    """Run a server of somebody else, at https, that misbehaves as the test sets."""
    async with listening(Server(), authority.tls) as server_:
        yield server_


@pytest.fixture(scope="session")
def jwks_url(issuer_key: ECKey, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write the test issuer's public keys to a file and return its URL."""
    path: Path = tmp_path_factory.mktemp("issuer") / "jwks.json"
    path.write_text(httpx.Response(200, json=KeySet([issuer_key]).as_dict(private=False)).text)
    return path.as_uri()


@pytest.fixture(scope="session")
def mint(issuer_key: ECKey) -> Mint:
    """Make ``mint(scopes=["address:read"], councils=["citytown"], typ="at+jwt", **claims)`` -> a token."""
    return make_mint(issuer_key)


@pytest.fixture(scope="session")
def mint_person(mint: Mint) -> Mint:
    """Make ``mint_person("rosa", scopes=["casework:own"], **claims)`` -> the token of a person signed in."""
    return make_person_mint(mint)


@pytest.fixture(scope="session")
def mint_delegate(mint_person: Mint) -> Mint:
    """Make ``mint_delegate("rosa", actor="ben", theme="waste", mandate=...)`` -> a delegate's token."""
    return make_delegate_mint(mint_person)


@pytest.fixture(scope="session")
def first_start() -> Mapping[str, Any]:
    """Return settings for what the service makes at its first start. Override it where it makes something."""
    return {}


@pytest.fixture(scope="module")
async def database_url(
    postgres_url: str, service: Service, first_start: Mapping[str, Any]
) -> AsyncIterator[str]:
    """Create the module's database and return its runtime role's URL."""
    async with fresh_database(postgres_url, service, first_start) as url:
        yield url


@pytest.fixture(scope="module")
def blob_settings(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Return where a service that keeps blobs has them in the module's tests; nothing for any other."""
    if "blobs" not in service.settings.model_fields:
        return {}
    return {"blobs": f"file://{tmp_path_factory.mktemp('blobs')}", "scanner": "test:"}


@pytest.fixture(scope="module")
def settings(
    service: Service, database_url: str, jwks_url: str, broker: Any, blob_settings: Mapping[str, Any]
) -> Settings:
    """Make the service's settings in the module's tests. Override it to change some."""
    return service.settings(
        database_url=database_url,
        jwks_url=jwks_url,
        issuer=ISSUER,
        nats_url=broker.url,
        nats_seed=broker.seeds.get(service.name, ""),
        sealing_key=SEALING_KEY,
        trace_ratio=0,
        **blob_settings,
    )


@pytest.fixture(scope="module")
def app(service: Service, settings: Settings) -> FastAPI:
    """Configure the service's application, built once a run, with the module's settings."""
    if id(service) not in _apps:
        _apps[id(service)] = service, build(service)
    _, app = _apps[id(service)]
    configure(app, settings)
    return app


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service and return a client; nothing is mocked below it."""
    async with running(app) as client:
        yield client


@pytest.fixture
def sign_in_staff(app: FastAPI, client: httpx.AsyncClient) -> SignInStaff:
    """Return ``await sign_in_staff(token, name="ann@citytown.example")``: a browser with a session."""
    return SignInStaff(app, client)


@pytest.fixture(scope="module")
async def database(service: Service, settings: Settings) -> AsyncIterator[Database]:
    """Open the module's database."""
    database = service.database(settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def event_examples(pytestconfig: pytest.Config) -> Path:
    """Return the folder of the checked-in contracts of events, each with its example."""
    return pytestconfig.rootpath / "contracts" / "events"


@pytest.fixture
def deliver(service: Service, database: Database, event_examples: Path) -> Deliver:
    """Return what delivers events to the service's consumers, which commit their effects."""
    return Deliver(service, database, event_examples)


@pytest.fixture
def run_jobs(service: Service, database: Database, settings: Settings) -> RunJobs:
    """Return ``await run_jobs()``: what the service's worker would do now, to the end. See RunJobs."""
    return RunJobs(service, database, settings)


@pytest.fixture
def sent_messages(service: Service, database: Database) -> Callable[[str], Awaitable[list[SentMessage]]]:
    """Make ``await sent_messages("jo@example.org")``: what was queued to a person, oldest first.

    Messages are there until they are sent, and on a laptop (``mail="sent-messages"``) after that.
    """

    async def list_sent(to: str) -> list[SentMessage]:
        if service.messages is None:
            raise LookupError(f"{service.name} sends no messages")
        async with database.writing() as session:
            return await list_messages_to(session, service.messages.templates, to)

    return list_sent


@pytest.fixture
async def session(database: Database) -> AsyncIterator[Session]:
    """Open a transaction and roll it back after the test: tests do not see each other's rows."""
    async with database.writer.connect() as connection:
        transaction = await connection.begin()
        session = Session(connection)
        await session.set_council("citytown")
        yield session
        await transaction.rollback()


@pytest.fixture
def set_clock() -> Iterator[Callable[[str | float], None]]:
    """Make ``set_clock("2028-02-29T12:00:00Z")``, or Unix seconds: it is that moment until the test ends."""
    with ExitStack() as clocks:

        def set_to(at: str | float) -> None:
            moment = (
                datetime.fromisoformat(at).astimezone(UTC)
                if isinstance(at, str)
                else datetime.fromtimestamp(at, UTC)
            )
            clocks.enter_context(clock.reading(lambda: moment))

        yield set_to


@pytest.fixture
def council() -> str:
    """Return the council of most tests."""
    return COUNCILS[0][0]


async def published(database: Database) -> list[Envelope]:
    """Read the events waiting in the outbox, in order."""
    async with database.reading() as session:
        rows = await session.all(_OUTBOX)
    return [Envelope.model_validate_json(row.envelope) for row in rows]


async def eventually(check: Callable[[], Any], *, within: float = 5.0, every: float = 0.05) -> Any:
    """Call ``check`` (plain or async) until its result is true, and return the result."""
    end = time.monotonic() + within
    while True:
        result = check()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {check}")
        await asyncio.sleep(every)
