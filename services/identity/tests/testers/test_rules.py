"""Who may sign in to a service of the sandbox, and who to a live one: all combinations."""

from itertools import product

import pytest

from identity.shared.rules import email_addresses
from identity.testers.rules import build_address, may_sign_in

COUNCILS = ("citytown", "hillshire")


@pytest.mark.parametrize(("test_council", "is_tester"), list(product([None, *COUNCILS], [True, False])))
def test_a_live_service_signs_in_everybody_but_test_people(test_council, is_tester):
    assert may_sign_in("live", "citytown", test_council, is_tester=is_tester) == (test_council is None)


@pytest.mark.parametrize(("test_council", "is_tester", "may"), [
    (None, False, False), (None, True, True), ("citytown", False, True), ("citytown", True, True),
    ("hillshire", False, False), ("hillshire", True, False),
])  # fmt: skip
def test_the_sandbox_signs_in_the_councils_test_people_and_named_testers(test_council, is_tester, may):
    assert may_sign_in("sandbox", "citytown", test_council, is_tester=is_tester) is may


def test_an_unknown_mode_is_no_live_one():
    assert not may_sign_in("", "citytown", None, is_tester=False)


def test_the_address_of_a_test_person_is_one_that_reaches_nobody():
    address = build_address("q8s4t6w1x5")
    assert not email_addresses.is_invalid(address)
    assert address.endswith(".test")
