"""The seeded set: every breaking change is found under its rule, and no harmless one is reported."""

import pytest

from dev.contracts.compatibility.comparison import compare_contracts
from dev.contracts.compatibility.findings import RULES
from tests.contracts.compatibility.permits import make_contracts
from tests.contracts.compatibility.seeds import (
    BREAKING,
    HARMLESS,
    answers,
    bodies,
    channels,
    events,
    operations,
    requests,
)

MODULES = (answers, bodies, channels, events, operations, requests)  # importing them registers their seeds


@pytest.mark.parametrize("seed", BREAKING, ids=lambda seed: seed.name)
def test_a_breaking_change_is_found_under_its_rule(seed):
    changed = make_contracts()
    seed.change(changed)
    assert {finding.rule for finding in compare_contracts(make_contracts(), changed)} == seed.rules


@pytest.mark.parametrize("seed", HARMLESS, ids=lambda seed: seed.name)
def test_a_harmless_change_is_not_reported(seed):
    changed = make_contracts()
    seed.change(changed)
    assert changed != make_contracts(), "the seed changes nothing"
    assert [str(finding) for finding in compare_contracts(make_contracts(), changed)] == []


def test_the_set_is_as_large_as_it_was_promised_to_be():
    assert len(BREAKING) >= 40
    assert len(HARMLESS) >= 25
    assert len({seed.name for seed in (*BREAKING, *HARMLESS)}) == len(BREAKING) + len(HARMLESS)


def test_every_rule_has_a_seed():
    assert set(RULES) == {rule for seed in BREAKING for rule in seed.rules}
