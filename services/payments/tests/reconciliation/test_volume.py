"""A generated scenario, with faults of every kind: all sound lines match, every fault is of its kind."""

import pytest

from bench.reconciliation import GOAL, list_differences, reconcile
from bench.settlements import OF_PAYOUTS, Generator
from payments.reconciliation.rules.matching import ExceptionKind
from payments.shared.days import today


async def test_a_small_scenario_comes_out_as_it_must(database):
    scenario = Generator(7, today(), payouts=20, lines=30).make()
    assert len(scenario.exceptions) > len(OF_PAYOUTS)
    assert list_differences(scenario, await reconcile(database, "smalltown", scenario)) == []


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_hundred_thousand_lines_are_reconciled_within_a_minute(database):
    scenario = Generator(20_260_401, today()).make()
    assert sum(len(lines) for _, lines in scenario.payouts) == 100_000
    assert (len(scenario.payouts), len(scenario.bank)) == (400, 2_000)
    assert scenario.exceptions.keys() == set(ExceptionKind)
    outcome = await reconcile(database, "largetown", scenario)
    assert list_differences(scenario, outcome) == []
    captured = [payment for payment in scenario.payments if payment.captured_on]
    assert outcome.settled < len(captured)
    # The bench measures the minute; on a machine that does other work only the CPU's time says anything.
    assert outcome.cpu_seconds < GOAL / 2
