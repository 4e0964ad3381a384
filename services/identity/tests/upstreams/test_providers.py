"""The cache of what providers publish: for how long, and when it is read again."""

import asyncio

import pytest
from sqlalchemy import text

from chassis.outbound import Outbound, OutboundError
from chassis.testing.servers import Names
from identity.upstreams.actions.providers import Providers, ProviderUnavailableError
from services.identity.tests.upstream import (
    journey,
    keeper_headers,
    one_login,
    register_upstream,
    running_simulator,
    settings,
    simulator,
)
from simulators.openid_provider.faults import Faults

__all__ = [
    "journey",
    "keeper_headers",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Site(Outbound):
    """A server that says what it is told, and counts."""

    def __init__(self, settings):
        super().__init__(settings)
        self.requests, self.answer, self.pause = [], b"", 0.0

    async def get(self, uri, **_):
        self.requests.append(uri)
        await asyncio.sleep(self.pause)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


KEYS = b'{"keys": [{"kty": "EC", "crv": "P-256", "kid": "%s", "x": "%s", "y": "%s"}]}'
POINT = (
    b"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    b"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
)  # RFC 7515 A.3


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(settings):
    site = Site(settings)
    site.answer = KEYS % (b"one", *POINT)
    return site


@pytest.fixture
def providers(settings, site, clock):
    floor = settings.model_copy(update={"jwks_floor": 60, "jwks_age": 900})
    return Providers(floor, site, clock)


URL = "https://them.example/jwks"


async def test_what_was_read_is_kept_and_read_again_when_it_is_old(providers, site, clock):
    for _ in range(3):
        assert list(await providers.get_keys(URL)) == ["one"]
    assert len(site.requests) == 1
    clock.now += 901
    site.answer = KEYS % (b"two", *POINT)
    assert list(await providers.get_keys(URL)) == ["two"]


async def test_many_at_once_ask_once(providers, site):
    site.pause = 0.05
    answers = await asyncio.gather(*(providers.get_keys(URL) for _ in range(20)))
    assert len(site.requests) == 1
    assert all(list(keys) == ["one"] for keys in answers)


async def test_who_gives_up_does_not_stop_the_others(providers, site):
    site.pause = 0.1
    first = asyncio.create_task(providers.get_keys(URL))
    second = asyncio.create_task(providers.get_keys(URL))
    await asyncio.sleep(0.02)
    first.cancel()
    assert list(await second) == ["one"]


async def test_what_is_kept_outlives_its_server_for_a_day(providers, site, clock):
    await providers.get_keys(URL)
    for broken in (OutboundError("x"), b"<html>", b"{}"):
        site.answer = broken
        clock.now += 901
        assert list(await providers.get_keys(URL)) == ["one"]
    clock.now += 86_400
    with pytest.raises(ProviderUnavailableError):
        await providers.get_keys(URL)


async def test_a_server_that_fails_is_left_alone_for_a_while(providers, site, clock):
    site.answer = OutboundError("cannot be reached")
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError, match="cannot be reached"):
            await providers.get_keys(URL)
    assert len(site.requests) == 1
    clock.now += 6
    site.answer = KEYS % (b"one", *POINT)
    assert list(await providers.get_keys(URL)) == ["one"]


async def test_an_unknown_key_is_looked_for_but_not_more_often_than_the_floor(providers, site, clock):
    await providers.get_keys(URL)
    site.answer = KEYS % (b"two", *POINT)
    assert list(await providers.get_keys(URL, newer=True)) == ["one"]
    assert len(site.requests) == 1
    clock.now += 61
    for _ in range(10):
        assert list(await providers.get_keys(URL, newer=True)) == ["two"]
    assert len(site.requests) == 2


async def test_memory_is_bounded(providers, monkeypatch):
    monkeypatch.setattr("identity.upstreams.actions.providers._MAX_ENTRIES", 10)
    for number in range(30):
        await providers.get_keys(f"{URL}/{number}")
    assert len(providers._entries) == 10


# ---------------------------------------------------------------------------------- from inside, slow, huge


@pytest.fixture
def strangers(settings):
    """Calls as they are made outside a laptop: https, public addresses."""
    far = settings.model_copy(update={"outbound_private": False, "issuer": "https://id.example/identity/"})

    def make(*addresses):
        return Providers(far, Outbound(far, Names(list(addresses))))

    return make


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_provider_at_a_private_address_is_not_called(strangers, address):
    with pytest.raises(ProviderUnavailableError, match="not public"):
        await strangers(address).get_metadata("https://them.example/")


async def test_a_provider_without_https_is_not_called_but_from_a_laptop(strangers, simulator, settings):
    with pytest.raises(ProviderUnavailableError, match="https"):
        await strangers("127.0.0.1").get_metadata(simulator.onelogin.issuer)
    assert (
        await Providers(settings).get_metadata(simulator.onelogin.issuer)
    ).issuer == simulator.onelogin.issuer


async def test_a_redirect_is_not_followed(settings, simulator):
    simulator.faults = Faults(status={"discovery": 302})
    with pytest.raises(ProviderUnavailableError, match="302"):
        await Providers(settings).get_metadata(simulator.onelogin.issuer)


async def test_a_slow_provider_is_not_waited_for(settings, simulator):
    simulator.faults = Faults(slow={"discovery": 3.0})
    started = asyncio.get_running_loop().time()
    with pytest.raises(ProviderUnavailableError, match="within 1 seconds"):
        await Providers(settings).get_metadata(simulator.onelogin.issuer)
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_huge_answer_is_not_read_to_its_end(settings, simulator, monkeypatch):
    monkeypatch.setattr("identity.upstreams.rules.metadata.MAX_BYTES", 100)
    with pytest.raises(ProviderUnavailableError, match="more than 100 bytes"):
        await Providers(settings).get_metadata(simulator.onelogin.issuer)


async def test_who_is_not_there_is_told_of_and_the_page_offers_other_ways(journey, one_login, simulator):
    simulator.faults = Faults(status={"discovery": 500})
    mary = journey(one_login)
    response = await mary.follow_failure(await mary.tab.post(mary.path, purpose="sign-in"))
    assert response.status_code == 503
    assert "cannot be reached just now" in response.text
    assert 'href="/identity/sign-in?council=citytown"' in response.text


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
async def test_a_provider_that_is_slow_on_the_way_back_ends_the_visit(
    journey, one_login, simulator, endpoint
):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    simulator.faults = Faults(slow={endpoint: 3.0})
    response = await mary.follow(url)
    assert response.status_code == 503
    assert mary.tab.session is None


async def test_a_provider_signs_people_in_while_its_discovery_is_away(journey, one_login, simulator, app):
    await journey(one_login).sign_up("mary")
    for entry in app.state.providers._entries.values():
        entry.due = 0
    simulator.faults = Faults(status={"discovery": 503, "jwks": 503})
    assert (await journey(one_login).go("mary")).headers["location"] == "/identity/account"


@pytest.fixture(autouse=True)
async def nobody(database, app, client):
    app.state.providers._entries.clear()
    yield
    async with database.writing("*") as session:
        await session.execute(text("DELETE FROM account_email"))


@pytest.mark.parametrize("overlap", [True, False])
async def test_a_new_key_of_a_provider_is_taken_at_once(journey, one_login, simulator, overlap):
    await journey(one_login).sign_up("mary" if overlap else "sion")
    simulator.rotate(overlap=overlap)
    returning = journey(one_login)
    assert (await returning.go("mary" if overlap else "sion")).headers["location"] == "/identity/account"
