"""The budget of tests names what is over it."""

import pytest

from tests import budget
from tests.budget import BUSY, MOST_CPU, Costs, Pace


def test_a_part_over_its_budget_names_its_five_costliest_modules():
    costs = Costs()
    for n in range(7):
        costs.add(f"services/waste/tests/bins/test_{n}.py", "setup", 0.1)
        costs.add(f"services/waste/tests/bins/test_{n}.py", "call", MOST_CPU * BUSY * n / 20)
        costs.add(f"services/mapping/tests/test_{n}.py", "call", MOST_CPU / 7)
    [fault] = costs.list_faults()
    assert fault == (
        "services/waste: 79 CPU-seconds, 60 at most; 22.6 bins/test_6.py, 18.9 bins/test_5.py,"
        " 15.1 bins/test_4.py, 11.3 bins/test_3.py, 7.6 bins/test_2.py"
    )


def test_a_part_within_its_budget_is_no_fault():
    costs = Costs()
    costs.add("services/waste/tests/test_bins.py", "call", MOST_CPU * BUSY)
    costs.add("tests/guards/test_bins.py", "call", MOST_CPU * 9)
    assert costs.list_faults() == []


def test_a_slow_machine_may_take_as_much_longer_and_no_more():
    costs = Costs()
    costs.samples += [1.5, 2.5]
    costs.add("services/waste/tests/test_bins.py", "call", MOST_CPU * BUSY * 2)
    assert costs.list_faults() == []
    costs.add("services/waste/tests/test_bins.py", "call", 1.0)
    assert len(costs.list_faults()) == 1


def test_a_quick_machine_may_not_take_less_for_it():
    costs = Costs()
    costs.samples.append(0.25)
    assert costs.slowness == 1


def test_a_machine_with_slow_memory_is_a_slow_one(monkeypatch):
    pace = Pace()
    monkeypatch.setattr(pace, "_add", lambda: budget.ADDITIONS_TAKE)
    monkeypatch.setattr(pace, "_look_up", lambda: budget.LOOKUPS_TAKE * 5)
    assert pace.measure() == pytest.approx(3)


def test_the_pace_of_this_machine_is_measured():
    assert 0.1 < Pace().measure() < 100
