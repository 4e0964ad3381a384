"""The budget of tests names what is over it."""

from tests.budget import BUSY, MOST_CPU, REFERENCE, Costs


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
    costs.samples += [REFERENCE * 1.5, REFERENCE * 2.5]
    costs.add("services/waste/tests/test_bins.py", "call", MOST_CPU * BUSY * 2)
    assert costs.list_faults() == []
    costs.add("services/waste/tests/test_bins.py", "call", 1.0)
    assert len(costs.list_faults()) == 1


def test_a_quick_machine_may_not_take_less_for_it():
    costs = Costs()
    costs.samples.append(REFERENCE / 4)
    assert costs.slowness == 1
