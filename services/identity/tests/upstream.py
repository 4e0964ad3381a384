"""A simulated GOV.UK One Login and directory, registered as upstreams, and people who sign in there."""

import asyncio
import re
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from sqlalchemy import text

from chassis import ids
from identity.upstreams.actions import upstreams
from services.identity.tests.provider import ask, read_redirect, register
from simulators.openid_provider.clients import Client
from simulators.openid_provider.faults import Faults
from simulators.openid_provider.http_client import open_client
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN

__all__ = [
    "Journey",
    "directory",
    "is_signed_in_at",
    "journey",
    "keeper_headers",
    "nobody",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

LAPTOP = {"outbound_private": True, "jwks_floor": 0, "outbound_seconds": 1}
SECRET = "a-secret-of-the-directory"
SCOPES = ["identity:clients", "identity:staff", "identity:scim", "address:read", "address:write"]


@pytest.fixture(autouse=True)
async def nobody(database):
    """Delete all e-mail addresses after a test, in modules that import this."""
    yield
    async with database.writing("*") as session:
        for table in ("account_email", "rate_limit"):
            await session.execute(text(f"DELETE FROM {table}"))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self):
        yield


@asynccontextmanager
async def serve(app):
    """Serve an application at a port of its own."""
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
    """Settings as on a laptop: private addresses are called, and keys are read again at once."""
    return settings.model_copy(update=LAPTOP)


@pytest.fixture(scope="module")
async def running_simulator():
    simulator = Simulator()
    async with serve(simulator.app) as url:
        simulator.url = url
        yield simulator


@pytest.fixture
def simulator(running_simulator):
    """The simulated providers, without faults."""
    running_simulator.auto, running_simulator.faults = None, Faults()
    return running_simulator


@pytest.fixture
def keeper_headers(mint):
    """``keeper_headers(council)`` -> the headers of somebody who registers a council's upstreams."""

    def headers(council="citytown"):
        token = mint(scopes=SCOPES, mode="live", sub="keeper", councils=[council])
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def register_upstream(client, simulator, keeper_headers):
    """``await register_upstream("onelogin")`` -> the upstream, which the simulator knows too."""

    async def register(kind, council="citytown", tenant=CITYTOWN, **options):
        body = _body(simulator, kind, tenant) | options
        response = await client.post(
            f"/{council}/identity/v1/upstreams", json=body, headers=keeper_headers(council)
        )
        assert response.status_code == 201, response.text
        upstream = response.json()
        keys = (await client.get(urlsplit(upstream["jwks_uri"]).path)).json() if kind == "onelogin" else {}
        simulator.register(
            Client(
                kind,
                client_id=upstream["client_id"],
                redirect_uris=(upstream["redirect_uri"],),
                jwks=keys,
                secret="" if keys else SECRET,
                tenant="" if keys else tenant,
            )
        )
        return upstream

    return register


def _body(simulator, kind, tenant):
    client = {"client_id": ids.show(ids.new())}
    if kind == "onelogin":
        titles = {"title": "GOV.UK One Login", "title_cy": "GOV.UK One Login"}
        provider = {"kind": "onelogin", "audience": "residents", "issuer": simulator.onelogin.issuer}
        return {**titles, **provider, **client, "identity_level": "P2"}
    titles = {"title": "Council account", "title_cy": "Cyfrif y cyngor"}
    provider = {"kind": "oidc", "audience": "staff", "issuer": simulator.directory(tenant).issuer}
    return {**titles, **provider, **client, "tenant": tenant, "client_secret": SECRET}


@pytest.fixture
async def one_login(register_upstream, database):
    """GOV.UK One Login at citytown."""
    yield await register_upstream("onelogin")
    await _clear(database)


@pytest.fixture
async def directory(register_upstream, database):
    """Citytown's own directory."""
    yield await register_upstream("directory")
    await _clear(database)


async def _clear(database):
    async with database.writing("*") as session:
        for table in ("upstream_account", "upstream_visit", "upstream"):
            await session.execute(text(f"DELETE FROM {table}"))


class Journey:
    """A person in a browser who signs in at a provider."""

    def __init__(self, tab, simulator, upstream, council="citytown"):
        self.tab, self.simulator = tab, simulator
        self.path = f"/identity/upstream/{council}/{upstream['id']}"

    async def leave(self, purpose="sign-in", query=""):
        """Press the button: the URL at the provider."""
        page = await self.tab.post(f"{self.path}{query}", purpose=purpose)
        assert page.status_code == 200, (page.status_code, page.headers.get("location"), page.text)
        return page.headers["refresh"].removeprefix("0; url=")

    async def authenticate(self, url, person):
        """Sign in at the provider as this person (or fail with this error): the URL of the callback."""
        self.simulator.auto = person
        async with open_client() as http:
            answer = await http.get(url)
        assert answer.status_code in {302, 303}, answer.text
        return answer.headers["location"]

    async def follow(self, url):
        """Follow the callback and, if it fails, the redirect to the page that says why."""
        parts = urlsplit(url)
        return await self.follow_failure(await self.tab.get(f"{parts.path}?{parts.query}"))

    async def follow_failure(self, response):
        """Get the page that says what went wrong, if something did; else the answer itself."""
        to = response.headers.get("location", "")
        return await self.tab.get(to) if to.startswith("/identity/upstream/failed?") else response

    async def go(self, person, purpose="sign-in", query=""):
        """Sign in at the provider and follow the callback."""
        return await self.follow(await self.authenticate(await self.leave(purpose, query), person))

    async def choose(self, answer, query=""):
        """Choose on the page which account it is."""
        page = await self.tab.get(f"/identity/upstream/link{query}")
        posted = await self.tab.post(f"/identity/upstream/link{query}", visit=visit_of(page), answer=answer)
        return await self.follow_failure(posted)

    async def confirm(self, query=""):
        """Confirm that it is the account that is signed in."""
        page = await self.tab.get(f"/identity/upstream/link/confirm{query}")
        path = f"/identity/upstream/link/confirm{query}"
        return await self.follow_failure(await self.tab.post(path, visit=visit_of(page)))

    async def sign_up(self, person):
        """Sign in and open a new account."""
        await self.go(person)
        response = await self.choose("new")
        assert response.headers["location"] == "/identity/account", response.text
        return self


def visit_of(page):
    """Get the hidden field of a page that names the login."""
    assert page.status_code == 200, (page.status_code, page.headers.get("location"))
    return re.search(r'name="visit" value="([0-9a-f]+)"', page.text)[1]


def parameters_of(url):
    """Get the parameters of the authorization request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def journey(browser, simulator):
    """``journey(one_login)`` -> a person in a new browser."""
    return lambda upstream, tab=None, council="citytown": Journey(
        tab or browser(), simulator, upstream, council
    )


async def is_signed_in_at(tab, council="citytown"):
    """Tell whether a browser is signed in at a council's services, by whatever means."""
    app = tab.client._transport.app
    service = await register(app.state.database, council)
    answer = await ask(tab.client, service, prompt="none")
    return "code" in read_redirect(answer)


async def accounts_of(database, upstream, council="citytown"):
    """Get the accounts linked with an upstream, by subject."""
    async with database.reading(council) as session:
        rows = await session.all(
            text("SELECT subject, account FROM upstream_account WHERE upstream = :id"),
            {"id": ids.read(upstream["id"])},
        )
    return {row.subject: row.account for row in rows}


async def upstream_of(database, upstream, council="citytown"):
    async with database.reading(council) as session:
        return await upstreams.get_upstream(session, council, ids.read(upstream["id"]))
