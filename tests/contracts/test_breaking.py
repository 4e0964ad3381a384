"""The seeded set: every breaking change is found under its rule, and no harmless one is reported."""

import pytest

from dev.contracts.breaking.finding import RULES
from dev.contracts.breaking.folders import compare
from tests.contracts.permits import contracts
from tests.contracts.seeds import BREAKING, HARMLESS, answers, bodies, channels, events, operations, requests

PLANTED = (answers, bodies, channels, events, operations, requests)  # importing them plants the seeds


def found_in(seed):
    changed = contracts()
    seed.change(changed)
    return compare(contracts(), changed)


@pytest.mark.parametrize("seed", BREAKING, ids=lambda seed: seed.name)
def test_a_breaking_change_is_found_under_its_rule(seed):
    assert {finding.rule for finding in found_in(seed)} == seed.rules


@pytest.mark.parametrize("seed", HARMLESS, ids=lambda seed: seed.name)
def test_a_harmless_change_is_not_reported(seed):
    changed = contracts()
    seed.change(changed)
    assert changed != contracts(), "the seed changes nothing"
    assert [str(finding) for finding in compare(contracts(), changed)] == []


def test_the_set_is_as_large_as_it_was_promised_to_be():
    assert len(BREAKING) >= 40
    assert len(HARMLESS) >= 25
    assert len({seed.name for seed in (*BREAKING, *HARMLESS)}) == len(BREAKING) + len(HARMLESS)


def test_every_rule_has_a_seed():
    assert set(RULES) == {rule for seed in BREAKING for rule in seed.rules}
