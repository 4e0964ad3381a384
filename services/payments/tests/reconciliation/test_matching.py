"""The rules of matching: to the penny, none of two equal candidates, and in whatever order things come."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from payments.ledger.rules import sum_by_account
from payments.processors.rules import SettlementKind, SettlementLine
from payments.reconciliation.rules.bank_matching import BankLine, Payout, match_bank
from payments.reconciliation.rules.matching import (
    Candidates,
    CapturedPayment,
    ConfirmedRefund,
    ExceptionKind,
    Rule,
    match_lines,
)
from payments.reconciliation.rules.postings import Merchant, bank_leg, payout_leg, post_settlement
from payments.shared.working_days import (
    add_working_days,
    count_working_days,
    is_working_day,
)

DAY = date(2026, 4, 1)
ACCOUNT, SUSPENSE, BANK = ids.new(), ids.new(), ids.new()


def line(kind, amount, fee=0, name="a", number=1, source=None):
    return SettlementLine(f"txn_{number}", SettlementKind(kind), amount, fee, "GBP", name, source)


def payment(amount, fee=None, captured_on=DAY, *, has_line=False):
    return CapturedPayment(ids.new(), amount, fee, captured_on, has_line)


def candidates(payments=(), refunds=(), payouts=()):
    return Candidates(
        {name: [item] for name, item in dict(payments).items()},
        {name: [item] for name, item in dict(refunds).items()},
        dict(payouts),
    )


def roles(postings):
    sums = Counter()
    for account, amount in sum_by_account(postings).items():
        sums[account.role] += amount
    return dict(sums)


def post(amount, matches, items=None):
    return roles(post_settlement(Merchant(ACCOUNT, "sandbox", "CP"), amount, matches, items or {}, SUSPENSE))


def test_example_3_a_settlement_with_fees():
    refund = ConfirmedRefund(ids.new(), ids.new(), 1_499, is_confirmed=True, has_line=False)
    matches = match_lines(
        [
            line("payment", 11_450, 192, "ticket", 1),
            line("payment", 2_000, 50, "penalty", 2),
            line("refund", -1_499, 0, "ticket", 3, source="ref"),
        ],
        candidates({"ticket": payment(11_450, 192), "penalty": payment(2_000, 50)}, {"ref": refund}),
    )
    assert [match.rule for match in matches] == [Rule.PAYMENT_ID, Rule.PAYMENT_ID, Rule.REFUND_ID]
    assert {match.exception for match in matches} == {None}
    assert post(11_709, matches) == {"payout": 11_709, "fees": 242, "clearing": -11_951}
    assert roles([bank_leg(BANK, 11_709), payout_leg(ACCOUNT, 11_709)]) == {"bank": 11_709, "payout": -11_709}


def test_example_4_a_chargeback_makes_a_payout_negative():
    matches = match_lines(
        [line("payment", 2_500, 58, "new", 1), line("dispute", -2_000, 1_500, "penalty", 2)],
        candidates({"new": payment(2_500, 58), "penalty": payment(2_000, has_line=True)}),
    )
    assert [match.exception for match in matches] == [None, None]
    assert post(-1_058, matches) == {"clearing": 1_000, "fees": 58, "payout": -1_058}
    assert roles([bank_leg(BANK, -1_058), payout_leg(ACCOUNT, -1_058)]) == {"bank": -1_058, "payout": 1_058}


@pytest.mark.parametrize(
    ("captured", "kind"),
    [
        (payment(1_000, 35, captured_on=None), ExceptionKind.NOT_CAPTURED),
        (payment(1_000, 35, has_line=True), ExceptionKind.CAPTURED_TWICE),
        (payment(1_001, 35), ExceptionKind.AMOUNT_DIFFERS),
        (payment(999, 35), ExceptionKind.AMOUNT_DIFFERS),
    ],
)
def test_what_differs_by_a_penny_is_an_exception_and_its_money_is_in_suspense(captured, kind):
    (match,) = match_lines([line("payment", 1_000, 35)], candidates({"a": captured}))
    assert (match.rule, match.exception) == (None, kind)
    assert post(965, [match], {0: ids.new()}) == {"payout": 965, "fees": 35, "suspense": -1_000}


def test_a_fee_that_differs_is_a_warning_and_the_line_still_matches():
    (match,) = match_lines([line("payment", 1_000, 36)], candidates({"a": payment(1_000, 35)}))
    assert (match.rule, match.exception) == (Rule.PAYMENT_ID, ExceptionKind.FEE_UNEXPECTED)


def test_of_two_payments_with_one_id_none_is_chosen():
    twice = Candidates({"a": [payment(1_000), payment(1_000)]}, {}, {})
    (match,) = match_lines([line("payment", 1_000)], twice)
    assert match.exception is ExceptionKind.UNKNOWN_ID


def test_what_a_short_payout_lacks_stays_in_clearing():
    matches = match_lines([line("payment", 1_000, 35)], candidates({"a": payment(1_000, 35)}))
    assert post(960, matches) == {"payout": 960, "fees": 35, "clearing": -995}


@given(st.permutations(range(6)), st.lists(st.integers(-5_000, 5_000), min_size=6, max_size=6))
def test_a_payout_balances_and_its_matches_depend_on_no_order(order, amounts):
    kinds = ("payment", "payment", "refund", "dispute", "fee", "other")
    lines = [
        line(kind, amount, n, f"a{n % 2}", n)
        for n, (kind, amount) in enumerate(zip(kinds, amounts, strict=True))
    ]
    facts = candidates({"a0": payment(amounts[0]), "a1": payment(amounts[1])})
    shuffled = match_lines([lines[n] for n in order], facts)
    assert sorted(shuffled, key=lambda match: match.line.provider_id) == match_lines(lines, facts)
    items = {place: ids.new() for place in range(6)}
    assert sum(post(sum(item.net for item in lines), shuffled, items).values()) == 0


def payout(amount=1_000, reference="SIM ABC", arrival=DAY, **members):
    return Payout(ids.new(), amount, reference, arrival, **members)


def bank_line(amount=1_000, text="", day=DAY, **members):
    return BankLine(ids.new(), amount, day, text, **members)


def test_a_bank_line_matches_by_reference_however_the_bank_writes_it():
    first, other = payout(), payout(reference="SIM ABD")
    bank = [bank_line(text="BGC sim-abc/LTD"), bank_line(text="X")]
    assert match_bank([first, other], bank).by_line == {
        bank[0].id: (first.id, Rule.PAYOUT_REFERENCE),
        bank[1].id: (other.id, Rule.PAYOUT_AMOUNT),
    }


def test_without_a_reference_one_candidate_on_both_sides_is_needed():
    lone, bank = payout(), bank_line(text="FUNDS")
    assert match_bank([lone], [bank]).by_line == {bank.id: (lone.id, Rule.PAYOUT_AMOUNT)}
    assert match_bank([lone], [bank, bank_line(text="FUNDS")]).by_line == {}
    assert match_bank([lone, payout(reference="SIM ZZZ")], [bank]).by_line == {}
    assert match_bank([lone], [bank_line(1_001)]).by_line == {}
    assert match_bank([lone], [bank_line(text="RENT", has_fund_reference=True)]).by_line == {}
    assert match_bank([lone], [bank_line(day=add_working_days(DAY, 5))]).by_line != {}
    assert match_bank([lone], [bank_line(day=add_working_days(DAY, 6))]).by_line == {}


def test_a_payout_that_the_bank_shows_twice_is_matched_with_neither():
    first = payout()
    matches = match_bank([first], [bank_line(text="SIM ABC"), bank_line(text="SIM ABC")])
    assert (matches.by_line, matches.twice_at_bank) == ({}, {first.id})


@given(st.data())
def test_the_match_with_the_bank_depends_on_no_order(data):
    amounts = st.sampled_from([1_000, -1_000])
    names = st.sampled_from(["SIM AAA", "SIM BBB", "SIM CCC", "X"])
    days = st.integers(0, 9).map(lambda n: DAY + timedelta(days=n))
    flags = st.booleans()
    payouts = data.draw(
        st.lists(
            st.builds(lambda *x: payout(*x[:3], is_reversed=x[3]), amounts, names, days, flags), max_size=5
        )
    )
    lines = data.draw(st.lists(st.builds(bank_line, amounts, names, days), max_size=7))
    matches = match_bank(payouts, lines)
    assert match_bank(data.draw(st.permutations(payouts)), data.draw(st.permutations(lines))) == matches
    chosen = [
        (target, next(item.amount for item in lines if item.id == line_id))
        for line_id, (target, _) in matches.by_line.items()
    ]
    assert len(chosen) == len(set(chosen)), "no payout has two lines of first sign"


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 5, 4), False),
        (date(2026, 5, 25), False),
        (date(2026, 8, 31), False),
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), False),  # for Boxing Day, a Saturday
        (date(2027, 12, 27), False),
        (date(2027, 12, 28), False),
        (date(2026, 4, 7), True),
        (date(2026, 12, 29), True),
        (date(2022, 1, 3), False),  # for New Year, a Saturday
    ],
)
def test_banks_keep_the_bank_holidays(day, is_one):
    assert is_working_day(day) is is_one


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 40))
def test_working_days_are_added_and_counted_alike(day, count):
    assert count_working_days(day, add_working_days(day, count)) == count
