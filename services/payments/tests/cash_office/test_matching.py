"""Bags and returned cheques at the bank, by number and amount: council finance, section 10, rule 5."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from payments.reconciliation.rules.bank_matching import Bag, BankLine, Payout, match_bank
from payments.reconciliation.rules.matching import Rule

DAY = date(2026, 4, 1)


def bag(amount=33_290, number="500123"):
    return Bag(ids.new(), amount, number)


def line(text, amount=33_290, **members):
    return BankLine(ids.new(), amount, DAY, text, **members)


@pytest.mark.parametrize(
    ("text", "amount", "matches"),
    [
        ("PAYING IN 500123", 33_290, True),
        ("Credit 000500123 Civic", 33_290, True),
        ("500123", 33_290, True),
        ("1500123", 33_290, False),
        ("5001234", 33_290, False),
        ("A500123", 33_290, False),
        ("PAYING IN 500123", 33_289, False),
        ("PAYING IN", 33_290, False),
    ],
)
def test_a_bag_is_its_number_as_a_word_and_its_amount_to_the_penny(text, amount, matches):
    banked, credit = bag(), line(text, amount, is_for_payouts=False)
    expected = {credit.id: (banked.id, Rule.BAG_NUMBER)} if matches else {}
    assert match_bank([], [credit], [banked]).by_line == expected


def test_a_returned_cheque_is_the_banks_debit_and_never_a_credit():
    cheque = bag(-3_000, "000123")
    debit, credit = line("UNPAID 123", -3_000), line("UNPAID 123", 3_000)
    assert match_bank([], [debit, credit], [cheque]).by_line == {debit.id: (cheque.id, Rule.CHEQUE_NUMBER)}


def test_of_two_equal_candidates_none_is_chosen():
    first, second = bag(), bag()
    credit = line("PAYING IN 500123")
    assert match_bank([], [credit], [first, second]).by_line == {}
    assert match_bank([], [credit, line("PAYING IN 500123")], [first]).by_line == {}


def test_a_line_that_a_bag_and_a_payout_claim_is_nobodys():
    payout = Payout(ids.new(), 33_290, "SIM ABC", DAY)
    credit = line("SIM ABC 500123")
    assert match_bank([payout], [credit], [bag()]).by_line == {}


def test_a_bag_is_never_matched_by_amount_and_day_and_keeps_a_payout_from_its_line():
    payout = Payout(ids.new(), 33_290, "", DAY)
    assert match_bank([], [line("CASH")], [bag()]).by_line == {}
    banked, credit = bag(), line("PAYING IN 500123")
    assert match_bank([payout], [credit], [banked]).by_line == {credit.id: (banked.id, Rule.BAG_NUMBER)}


@given(st.data())
def test_no_order_of_bags_and_lines_changes_the_matches(data):
    numbers = st.sampled_from(["1111", "2222", "3333"])
    bags = [bag(100, data.draw(numbers)) for _ in range(data.draw(st.integers(0, 4)))]
    lines = [line(f"IN {data.draw(numbers)}", 100) for _ in range(data.draw(st.integers(0, 4)))]
    matches = match_bank([], lines, bags)
    shuffled = match_bank([], data.draw(st.permutations(lines)), data.draw(st.permutations(bags)))
    assert shuffled == matches
    targets: list[UUID] = [target for target, _ in matches.by_line.values()]
    assert len(targets) == len(set(targets))
