"""A simulated GOV.UK One Login and directory that a council has registered, and people who come and go."""

import asyncio
import re
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from chassis import ids
from identity.upstreams.actions import upstreams
from simulators.openid_provider.clients import Client
from simulators.openid_provider.faults import Faults
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN

__all__ = [
    "Journey",
    "directory",
    "journey",
    "keeping",
    "nobody",
    "one_login",
    "registered",
    "served",
    "settings",
    "simulator",
]

SECRET = "a-secret-of-the-directory"
SCOPES = ["identity:clients", "identity:staff", "identity:scim", "address:read", "address:write"]


@pytest.fixture(autouse=True)
async def nobody(database):
    """Nobody has an account yet, where a module takes this in."""
    yield
    async with database.writing("*") as session:
        for table in ("account_email", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self):
        yield


@asynccontextmanager
async def serving(app):
    """An application at a port of its own."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), running.result()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture(scope="module")
def settings(settings):
    """As on a laptop: a provider may be near, and is asked anew at once."""
    near = {"outbound_private": True, "jwks_floor": 0, "outbound_seconds": 1}
    return settings.model_copy(update=near)


@pytest.fixture(scope="module")
async def served():
    made = Simulator()
    async with serving(made.app) as url:
        made.url = url
        yield made


@pytest.fixture
def simulator(served):
    """The providers, who say nothing wrong."""
    served.auto, served.faults = None, Faults()
    return served


@pytest.fixture
def keeping(mint):
    """The headers of who registers a council's providers."""

    def of(council="citytown"):
        token = mint(scopes=SCOPES, mode="live", sub="keeper", councils=[council])
        return {"Authorization": f"Bearer {token}"}

    return of


@pytest.fixture
def registered(client, simulator, keeping):
    """``await registered("onelogin")`` -> the upstream as the API shows it, known to the simulator too."""

    async def make(kind, council="citytown", tenant=CITYTOWN, **other):
        body = _body(simulator, kind, tenant) | other
        answer = await client.post(f"/{council}/identity/v1/upstreams", json=body, headers=keeping(council))
        assert answer.status_code == 201, answer.text
        made = answer.json()
        keys = (await client.get(urlsplit(made["jwks_uri"]).path)).json() if kind == "onelogin" else {}
        simulator.register(
            Client(
                kind,
                client_id=made["client_id"],
                redirect_uris=(made["redirect_uri"],),
                jwks=keys,
                secret="" if keys else SECRET,
                tenant="" if keys else tenant,
            )
        )
        return made

    return make


def _body(simulator, kind, tenant):
    named = {"client_id": ids.show(ids.new())}
    if kind == "onelogin":
        titles = {"title": "GOV.UK One Login", "title_cy": "GOV.UK One Login"}
        own = {"kind": "onelogin", "audience": "residents", "issuer": simulator.onelogin.issuer}
        return {**titles, **own, **named, "identity_level": "P2"}
    titles = {"title": "Council account", "title_cy": "Cyfrif y cyngor"}
    own = {"kind": "oidc", "audience": "staff", "issuer": simulator.directory(tenant).issuer}
    return {**titles, **own, **named, "tenant": tenant, "client_secret": SECRET}


@pytest.fixture
async def one_login(registered, database):
    """GOV.UK One Login at citytown."""
    yield await registered("onelogin")
    await _clear(database)


@pytest.fixture
async def directory(registered, database):
    """Citytown's own directory."""
    yield await registered("directory")
    await _clear(database)


async def _clear(database):
    async with database.writing("*") as session:
        for table in ("upstream_account", "upstream_visit", "upstream"):
            await session.execute(text(f"DELETE FROM {table}"))


class Journey:
    """A person in a browser, on the way to a provider and back."""

    def __init__(self, tab, simulator, made, council="citytown"):
        self.tab, self.simulator = tab, simulator
        self.path = f"/identity/upstream/{council}/{made['id']}"

    async def leave(self, purpose="sign-in", query=""):
        """Press the button: where the browser is led."""
        page = await self.tab.post(f"{self.path}{query}", purpose=purpose)
        assert page.status_code == 200, (page.status_code, page.headers.get("location"), page.text)
        return page.headers["refresh"].removeprefix("0; url=")

    async def there(self, where, who):
        """What the provider answers to the browser, if it is this person (or this error): the way back."""
        self.simulator.auto = who
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(where)
        assert answer.status_code in {302, 303}, answer.text
        return answer.headers["location"]

    async def back(self, where):
        """Follow the way back, and on to the page that says why it leads nowhere."""
        parts = urlsplit(where)
        return await self.at_last(await self.tab.get(f"{parts.path}?{parts.query}"))

    async def at_last(self, answer):
        """The page of what went wrong, where something did; anything else as it is."""
        to = answer.headers.get("location", "")
        return await self.tab.get(to) if to.startswith("/identity/upstream/failed?") else answer

    async def go(self, who, purpose="sign-in", query=""):
        """There and back."""
        return await self.back(await self.there(await self.leave(purpose, query), who))

    async def choose(self, answer, query=""):
        """Say on the page which account it is."""
        page = await self.tab.get(f"/identity/upstream/link{query}")
        posted = await self.tab.post(f"/identity/upstream/link{query}", visit=visit_of(page), answer=answer)
        return await self.at_last(posted)

    async def confirm(self, query=""):
        """Say that it is the account that is signed in."""
        page = await self.tab.get(f"/identity/upstream/link/confirm{query}")
        where = f"/identity/upstream/link/confirm{query}"
        return await self.at_last(await self.tab.post(where, visit=visit_of(page)))

    async def arrive(self, who):
        """Sign in with a new account."""
        await self.go(who)
        answer = await self.choose("new")
        assert answer.headers["location"] == "/identity/account", answer.text
        return self


def visit_of(page):
    """The hidden field that says of whom a page speaks."""
    assert page.status_code == 200, (page.status_code, page.headers.get("location"))
    return re.search(r'name="visit" value="([0-9a-f]+)"', page.text)[1]


def asked(where):
    """The parameters with which the browser is sent away."""
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


@pytest.fixture
def journey(browser, simulator):
    """``journey(one_login)`` -> somebody in a new browser."""
    return lambda made, tab=None, council="citytown": Journey(tab or browser(), simulator, made, council)


async def account_of(database, made, council="citytown"):
    """The accounts linked with an upstream, by subject."""
    async with database.reading(council) as session:
        rows = await session.all(
            text("SELECT subject, account FROM upstream_account WHERE upstream = :id"),
            {"id": ids.read(made["id"])},
        )
    return {row.subject: row.account for row in rows}


async def upstream_of(database, made, council="citytown"):
    async with database.reading(council) as session:
        return await upstreams.get_upstream(session, council, ids.read(made["id"]))
