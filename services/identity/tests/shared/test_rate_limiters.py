"""One client's requests are limited, and nobody else's by them."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from chassis import ids
from chassis.problems import Problem
from identity.shared import rate_limiters as pacing
from identity.shared.rate_limiters import RateLimiter

URL = "/citytown/identity/v1/clients"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def clock():
    return SimpleNamespace(now=1_000.0)


@pytest.fixture
def pace(clock):
    return RateLimiter(rate=2, burst=3, clock=lambda: clock.now)


def allowed(pace, client_id, times=10):
    for count in range(times):
        try:
            pace.take(client_id)
        except Problem:
            return count
    return times


def test_a_burst_is_allowed_and_then_the_rate(pace, clock):
    client_id = ids.new()
    assert allowed(pace, client_id) == 3
    with pytest.raises(Problem, match="Try again in 1 s"):
        pace.take(client_id)
    clock.now += 1
    assert allowed(pace, client_id) == 2
    clock.now += 3_600
    assert allowed(pace, client_id) == 3


def test_one_client_does_not_slow_another(pace):
    first, second = ids.new(), ids.new()
    assert (allowed(pace, first), allowed(pace, second)) == (3, 3)


def test_the_number_of_remembered_clients_is_bounded(pace, monkeypatch):
    monkeypatch.setattr(pacing, "_MAX_CLIENTS", 10)
    for number in range(100):
        pace.take(UUID(int=number))
    assert len(pace._buckets) == 10


@pytest.fixture
async def credentials(client, keeper):
    body = {"name": ids.show(ids.new()), "scopes": ["address:read"]}
    created = (await client.post(URL, json=body, headers=keeper)).json()
    return created["client_id"], created["client_secret"]


@pytest.mark.parametrize(
    ("path", "form"),
    [("token", GRANT), ("introspect", {"token": "x"}), ("revoke", {"token": "x"})],
)
async def test_a_client_with_too_many_requests_gets_retry_after(
    client, app, credentials, monkeypatch, path, form
):
    monkeypatch.setattr(app.state.issuer, "client_limiter", RateLimiter(rate=0.1, burst=2))
    responses = [await client.post(f"/identity/{path}", data=form, auth=credentials) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2].json()["error"] == "temporarily_unavailable"
    assert responses[2].headers["Retry-After"] == "10"


async def test_a_wrong_secret_uses_up_nothing_of_the_clients_share(client, app, credentials, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "client_limiter", RateLimiter(rate=0.1, burst=1))
    for _ in range(5):
        response = await client.post("/identity/token", data=GRANT, auth=(credentials[0], "guessed"))
        assert response.status_code == 401
    assert (await client.post("/identity/token", data=GRANT, auth=credentials)).status_code == 200
