"""Identity's tests: on a real PostgreSQL, with callers' tokens of a test issuer beside its own."""

import base64
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text

from chassis import ids
from chassis.rates import Limit
from chassis.testing import ISSUER
from chassis.tokens import make_key_source
from identity.app import service as identity_service
from services.identity.tests import rsa_keys
from services.identity.tests.provider import KEY, create_person, make_browser, register, sign_in
from tests.browser.page_recorder import recording

CHEAP_PASSWORDS = 64  # KiB; what people's cost is tested in factors/test_passwords.py
OPERATOR = ["identity:operate", "identity:gateway", "identity:keys", "identity:clients", "address:read"]


@pytest.fixture(scope="session", autouse=True)
def recorded_pages():
    """The pages that these tests render are looked at afterwards: tests/browser/test_rendered_pages.py."""
    with recording():
        yield


@pytest.fixture(scope="module", autouse=True)
def quick_rsa_keys():
    """Let RSA keys that identity and the simulators generate share primes; shared/test_crypto.py does not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RSAKey, "generate_key", rsa_keys.generate_key)
        yield


@pytest.fixture(scope="session")
def service(jwks_url):
    """Identity, which here believes the test issuer's tokens as it does its own."""

    def make_both_sources(app):
        own_source, test_source = identity_service.keys(app), make_key_source(jwks_url)

        async def read():
            return {"keys": (await own_source())["keys"] + (await test_source())["keys"]}

        return read

    return replace(identity_service, keys=make_both_sources)


@pytest.fixture(scope="session")
def master_key():
    return base64.urlsafe_b64encode(b"for tests: thirty-two characters").decode()


@pytest.fixture(scope="session")
def first_start(master_key, nats_url):
    """The template of databases has signing keys, made under the tests' master key."""
    return {"master_key": master_key, "issuer": ISSUER, "nats_url": nats_url, "trace_ratio": 0}


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        issuer=ISSUER,
        master_key=master_key,
        trace_ratio=0,
        password_memory_kib=CHEAP_PASSWORDS,
        key_lead=60,
        key_poll=0.1,
        jwks_max_age=30,
    )


@pytest.fixture
def operator(mint):
    """The headers of whoever runs the region."""
    token = mint(scopes=OPERATOR, councils=["*"], mode="live", client_id="operator", sub="operator")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def keeper(mint):
    """The headers of somebody who may make credentials for citytown, and read its addresses."""
    token = mint(scopes=["identity:keys", "identity:clients", "address:read"], mode="live")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def purge(run_jobs, database):
    """``await purge()`` does what the worker does within ten minutes of what has expired."""

    async def run():
        await run_jobs(after=timedelta(minutes=10))
        async with database.writing("*") as session:
            failed = text("SELECT kind, reason FROM job WHERE kind ~ '^(identity|platform).(purge|expire)'")
            assert await session.all(failed) == []

    return run


@pytest.fixture(scope="module")
async def bins(database, client):
    """A service of citytown's own, with a secret."""
    return await register(database)


@pytest.fixture(scope="module")
async def signer(database, client):
    """Another, that signs with ``provider.KEY``."""
    return await register(database, jwks=[KEY.as_dict(private=False)])


@pytest.fixture
async def visitor(app, client):
    """A browser of its own, without pages; ``client`` holds the application's lifespan."""
    async with make_browser(app) as browser:
        yield browser


@pytest.fixture
async def resident(database, visitor):
    """An account, signed in in ``visitor`` by a code sent to its address."""
    account_id = await create_person(database)
    await sign_in(database, visitor, account_id)
    return account_id


class Browser:
    """A person's browser: keeps cookies, sends forms with the token of the page it has open."""

    def __init__(self, app, agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Accept": "text/html", "User-Agent": agent}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test.invalid", headers=headers)
        self._token = self._token_of = None

    async def get(self, path, **how):
        return await self.client.get(path, **how)

    async def post(self, path, **form):
        """Send a form, as a page of ours would."""
        return await self.client.post(path, data={"csrf": await self._read_token(), **form})

    async def _read_token(self):
        """Read the token of this browser's forms from a page of ours: once, for it goes with a cookie."""
        cookie = self.client.cookies.get("townhall-browser")
        if cookie is None or cookie != self._token_of:
            page = await self.client.get("/identity/register")
            self._token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
            self._token_of = self.client.cookies.get("townhall-browser")
        return self._token

    @property
    def session(self):
        return self.client.cookies.get("townhall-session")


@pytest.fixture
def browser(app, client):
    """``browser()`` -> a new browser at the service."""
    return lambda **how: Browser(app, **how)


@pytest.fixture
def sent_emails(sent_messages):
    """``await sent_emails("jo@example.org")`` -> the e-mails to an address, oldest first."""
    return sent_messages


@pytest.fixture
def newcomer(browser, sent_emails):
    """``await newcomer("jo@example.org")`` -> a browser in which somebody has just opened an account."""

    async def come(address, **how):
        tab = browser(**how)
        await tab.post("/identity/register", email=address)
        code = (await sent_emails(address))[-1].personalisation["code"]
        response = await tab.post("/identity/register/code", code=code)
        assert (response.status_code, response.headers["location"]) == (303, "/identity/account"), (
            response.text
        )
        return tab

    return come


@pytest.fixture
def signed_in_again(browser, sent_emails):
    """``await signed_in_again("jo@example.org")`` -> another browser, where the same person has signed in."""

    async def come(address, tab=None):
        tab = tab or browser()
        await tab.post("/identity/sign-in", email=address)
        codes = [
            email.personalisation["code"]
            for email in await sent_emails(address)
            if "code" in email.personalisation
        ]
        response = await tab.post("/identity/sign-in/code", code=codes[-1])
        assert response.status_code == 303, response.text
        return tab

    return come


@pytest.fixture
def account_of(database):
    """``await account_of("jo@example.org")`` -> the id of an address's account."""

    async def find(address):
        async with database.reading() as session:
            return await session.scalar(
                text("SELECT account FROM account_email WHERE canonical = :to"), {"to": address}
            )

    return find


@pytest.fixture
def quota_of(app):
    """``quota_of("codes_for_address")`` -> how often at once."""
    return lambda name: getattr(app.state.settings, f"limit_{name}").quota


@pytest.fixture
def set_limit(app, monkeypatch):
    """``set_limit("codes_for_address", 2, 900)`` sets a limit that PostgreSQL counts."""

    def set_to(name, quota, window):
        changed = {f"limit_{name}": Limit(quota, window, f"{name} {ids.show(ids.new())}")}
        monkeypatch.setattr(app.state.auth, "settings", app.state.auth.settings.model_copy(update=changed))

    return set_to
