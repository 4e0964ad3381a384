"""In any order of requests: no code and no token without the person's factors and consent."""

import asyncio
from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from chassis.rates import Limit
from services.identity.tests import provider
from services.identity.tests.authorization_machine import AuthorizationMachine

REACHED = {
    "sign-in", "consent", "code", "gone", "login_required", "consent_required", "access_denied",
    "pushed", "named", "stepped up", "signed out", "another browser", "answered for another", "taken back",
    "closed", "refreshed", "tokens", "no tokens", "nobody", "somebody else", "one factor", "stale",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(settings):
    """Rates that no machine reaches, however fast: other tests hold the limits."""
    return settings.model_copy(update={"limit_sign_in": Limit(1_000_000, 1, "sign-in")})


@pytest.mark.timeout(120)
@pytest.mark.parametrize("examples", [5, pytest.param(40, marks=pytest.mark.long)])
async def test_no_order_of_requests_yields_a_token_without_consent_and_factors(
    app, client, database, examples
):
    """Run the same orders every time. The long run must reach all that can happen."""
    service = await provider.register(database, first_party=False)
    reached = Counter()
    make = partial(AuthorizationMachine, app, database, service, asyncio.get_running_loop(), reached)
    limits = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=25,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, make, settings=limits)
    assert len(reached) >= 8, "hardly anything was reached"
    if examples == 40:
        assert set(reached) >= REACHED, f"never reached: {REACHED - set(reached)}"
