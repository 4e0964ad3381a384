"""Logical statuses of properties and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.shared import lifecycle

STATUSES = st.sampled_from([1, 6, 8])


@given(st.lists(STATUSES, max_size=12), st.sampled_from([1, 6]))
def test_no_order_of_changes_brings_a_property_back_from_historic(changes, status):
    statuses = [status]
    for next_status in changes:
        if lifecycle.can_become(status, next_status):
            status = next_status
            statuses.append(status)
    rank = {6: 0, 1: 1, 8: 2}
    assert [rank[stage] for stage in statuses] == sorted(rank[stage] for stage in statuses)


@given(STATUSES, st.sampled_from([1, 3, 6, 8]))
def test_an_address_never_outlives_its_property_nor_comes_back_with_it(status, address):
    after = lifecycle.address_statuses_after(status).get(address, address)
    assert after == 8 or status != 8
    assert address != 8 or after == 8
    assert after == address or lifecycle.can_become(address if address != 3 else 1, after)


def test_nothing_that_stands_lies_within_what_is_historic():
    assert lifecycle.parent_status_fault(1, 8)
    assert lifecycle.parent_status_fault(6, 8)
    assert lifecycle.parent_status_fault(8, 8) is None
    assert lifecycle.parent_status_fault(1, 6) is None


@pytest.mark.parametrize(
    ("language", "status", "of_property", "other_addresses", "possible"),
    [
        ("ENG", 3, 1, [("ENG", 1)], True),
        ("CYM", 1, 1, [("ENG", 1)], True),
        ("CYM", 6, 6, [("ENG", 6)], True),
        ("CYM", 1, 6, [("ENG", 6)], False),
        ("ENG", 1, 1, [("ENG", 1)], False),
        ("CYM", 1, 1, [("ENG", 1), ("CYM", 1)], False),
        ("CYM", 1, 1, [("ENG", 1), ("CYM", 8)], True),
        ("ENG", 3, 8, [("ENG", 8)], False),
    ],
)
def test_a_property_has_one_address_of_its_own_in_each_language(
    language, status, of_property, other_addresses, possible
):
    assert (lifecycle.name_fault(language, status, of_property, other_addresses) == "") is possible
