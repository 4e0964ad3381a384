"""Items of payouts matched with Direct Debits, whatever their order; decimals to whole pence."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.ledger.rules import Role
from payments.processors.actions.gocardless_payouts import make_lines
from payments.processors.rules import Settlement, SettlementKind, SettlementLine
from payments.reconciliation.rules.collection_matching import SubmittedCollection, match_items
from payments.reconciliation.rules.postings import Merchant, post_settlement

FIRST, SECOND = UUID(int=1), UUID(int=2)
ARRIVAL = date(2027, 4, 27)
MERCHANT = Merchant(UUID(int=9), "sandbox", "DD", Role.DIRECT_DEBIT)


def submitted(amount=16_200, collection=FIRST, day=23, **values):
    facts = {"is_taken": True, "is_back": False, "has_credit": False, "has_debit": False, **values}
    return SubmittedCollection(collection, amount, date(2027, 4, day), **facts)


def item(amount, kind=SettlementKind.PAYMENT, name="a"):
    return SettlementLine(f"{name}/{kind}", kind, amount, 0, "GBP", "PM1")


def match(*collections, lines):
    matches = match_items(lines, ARRIVAL, {"PM1": collections} if collections else {})
    return [(match.rule, match.collection, match.exception) for match in matches]


PAID = ("collection-by-processor-id", FIRST, None)
RETURNED = ("returned-collection-by-processor-id", FIRST, None)


@pytest.mark.parametrize(
    ("collections", "expected"),
    [
        ([submitted()], PAID),
        ([], (None, None, "unknown-id")),
        ([submitted(16_201)], (None, FIRST, "amount-differs")),
        ([submitted(has_credit=True)], (None, FIRST, "captured-twice")),
        ([submitted(is_taken=False)], (None, FIRST, "not-captured")),
        ([submitted(day=28)], (None, FIRST, "not-captured")),  # its day is after the payout
        ([submitted(is_back=True)], PAID),  # it came back since
        # Presented again: the later one is charged by then, or not.
        ([submitted(collection=SECOND, day=2, is_back=True), submitted()], PAID),
        ([submitted(), submitted(collection=SECOND, day=30)], PAID),
        # Two of one day: neither is chosen.
        ([submitted(), submitted(collection=SECOND)], (None, SECOND, "unknown-id")),
    ],
)
def test_a_credit_is_of_the_presentation_that_was_charged_last(collections, expected):
    assert match(*collections, lines=[item(16_200)]) == [expected]


@pytest.mark.parametrize("kind", [SettlementKind.UNPAID, SettlementKind.CLAIM])
@pytest.mark.parametrize(
    ("collections", "expected"),
    [
        ([submitted(is_back=True, has_credit=True)], RETURNED),
        ([submitted(is_back=True)], (None, FIRST, "unknown-id")),  # nothing was paid that could go back
        ([submitted(has_credit=True)], (None, FIRST, "unknown-id")),  # we have not heard of it
        ([submitted(is_back=True, has_credit=True, has_debit=True)], (None, FIRST, "captured-twice")),
        ([submitted(100, is_back=True, has_credit=True)], (None, FIRST, "amount-differs")),
        ([submitted(is_back=True, has_credit=True), submitted(collection=SECOND, has_credit=True)], RETURNED),
        (
            [
                submitted(is_back=True, has_credit=True),
                submitted(collection=SECOND, day=24, is_back=True, has_credit=True),
            ],
            (None, SECOND, "unknown-id"),
        ),
    ],
)
def test_a_debit_takes_back_what_was_paid_and_is_back(collections, expected, kind):
    assert match(*collections, lines=[item(-16_200, kind)]) == [expected]


@given(st.permutations([item(16_200), item(-16_200, SettlementKind.UNPAID), item(16_200, name="b")]))
def test_no_order_of_items_changes_what_matches(lines):
    matches = dict(zip(lines, match(submitted(is_back=True), lines=lines), strict=True))
    assert list(map(matches.get, (item(16_200), item(-16_200, SettlementKind.UNPAID)))) == [PAID, RETURNED]
    assert matches[item(16_200, name="b")] == (None, FIRST, "captured-twice")


AMOUNTS = st.tuples(
    st.sampled_from(["payment_paid_out", "payment_failed", "gocardless_fee", "app_fee", "new_thing"]),
    st.integers(-30_000, 30_000),
    st.sampled_from(["PM1", "PM2", None]),
)


def payout(amount):
    return Settlement("PO1", amount, "GBP", False, "REF", datetime(2027, 4, 27, tzinfo=UTC), ARRIVAL)  # noqa: FBT003


@given(st.lists(AMOUNTS, max_size=8))
def test_lines_of_a_payout_add_up_to_it_and_each_has_an_id_of_its_own(items):
    pence_items = [
        (kind, Decimal(tenths) / (10 if "fee" in kind else 1), payment) for kind, tenths, payment in items
    ]
    exact = sum((amount for _, amount, _ in pence_items), Decimal())
    paid = int(exact.to_integral_value())  # to the nearest penny, as the provider does
    lines = make_lines(payout(paid), pence_items)
    assert sum(line.net for line in lines) == paid
    assert len({line.provider_id for line in lines}) == len(lines)
    legs = post_settlement(
        MERCHANT, paid, match_items(lines, ARRIVAL, {}), dict.fromkeys(range(len(lines)), FIRST), SECOND
    )
    assert sum(leg.amount for leg in legs) == 0


@pytest.mark.parametrize(("paid", "short"), [(16_197, 0), (16_198, 0), (16_196, 2), (16_199, -1)])
def test_half_a_penny_goes_either_way_and_more_is_missing(paid, short):
    items = [("payment_paid_out", Decimal("16200.0"), "PM1"), ("gocardless_fee", Decimal("-2.5"), "PM1")]
    assert sum(line.net for line in make_lines(payout(paid), items)) - paid == short
