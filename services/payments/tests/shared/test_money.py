"""VAT and refunds in whole pence, against ``council-finance`` sections 3, 5 and 11, and for every amount."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.shared.money import compute_refund_vat, compute_vat, spread_refund

AMOUNTS = st.integers(min_value=1, max_value=10_000_000)
RATES = st.sampled_from([None, 0, 500, 1250, 1500, 1750, 2000]) | st.integers(0, 10_000)
SPREADS = ["last_line_first", "largest_remainder"]


@pytest.mark.parametrize(
    ("gross", "vat"), [(4_500, 750), (1_499, 250), (350, 58), (1, 0), (15, 3), (0, 0), (1_950, 325)]
)
def test_vat_of_a_gross_line_at_20_percent(gross, vat):
    assert compute_vat(gross, 2000) == vat


@pytest.mark.parametrize("basis_points", [None, 0])
def test_no_vat_and_zero_rate_have_none(basis_points):
    assert compute_vat(5_000, basis_points) == 0


@given(AMOUNTS, st.integers(0, 10_000))
def test_vat_is_the_nearest_penny_half_up_and_never_more_than_half_the_gross(gross, basis_points):
    exact = Fraction(gross * basis_points, 10_000 + basis_points)
    vat = compute_vat(gross, basis_points)
    assert Fraction(-1, 2) < vat - exact <= Fraction(1, 2)
    assert 0 <= vat <= gross


def test_the_last_refund_of_the_ticket_gives_back_what_is_left_of_its_vat():
    first = compute_refund_vat(4_500, 750, 2000, 0, 0, 1_499)
    assert (first, compute_refund_vat(4_500, 750, 2000, 1_499, first, 3_001)) == (250, 500)


@given(AMOUNTS, RATES, st.sampled_from([-1, 0, 1]), st.lists(st.integers(1, 10_000_000), max_size=8))
def test_refunds_in_any_parts_give_back_the_lines_vat_to_the_penny(gross, basis_points, penny, parts):
    vat = min(max(compute_vat(gross, basis_points) + (penny if basis_points else 0), 0), gross)
    refunded = refunded_vat = 0
    for wish in [*(part % gross + 1 for part in parts), gross]:
        amount = min(wish, gross - refunded)
        if amount == 0:
            break
        part = compute_refund_vat(gross, vat, basis_points, refunded, refunded_vat, amount)
        assert 0 <= part <= amount
        refunded, refunded_vat = refunded + amount, refunded_vat + part
    assert (refunded, refunded_vat) == (gross, vat)


@pytest.mark.parametrize("amount", [0, -1, 3_002])
def test_a_refund_of_nothing_or_of_more_than_is_left_is_refused(amount):
    with pytest.raises(ValueError, match="cannot be refunded"):
        compute_refund_vat(4_500, 750, 2000, 1_499, 250, amount)


@pytest.mark.parametrize(
    ("amount", "spread", "shares"),
    [
        (1_950, "last_line_first", [0, 0, 1_950]),
        (2_000, "last_line_first", [0, 50, 1_950]),
        (11_450, "last_line_first", [5_000, 4_500, 1_950]),
        (1_000, "largest_remainder", [437, 393, 170]),  # 436.68, 393.01, 170.30
        (1, "largest_remainder", [1, 0, 0]),
    ],
)
def test_a_refund_without_lines_is_spread_over_the_basket(amount, spread, shares):
    assert spread_refund(amount, [5_000, 4_500, 1_950], spread) == shares


def test_equal_remainders_go_to_the_earlier_lines():
    assert spread_refund(2, [100, 100, 100], "largest_remainder") == [1, 1, 0]


@given(st.data(), st.lists(st.integers(0, 1_000_000), min_size=1, max_size=50), st.sampled_from(SPREADS))
def test_a_spread_sums_exactly_and_takes_no_more_of_a_line_than_is_left(data, left, spread):
    amount = data.draw(st.integers(0, sum(left)))
    shares = spread_refund(amount, left, spread)
    assert sum(shares) == amount
    assert len(shares) == len(left)
    assert all(0 <= share <= most for share, most in zip(shares, left, strict=True))


def test_a_council_may_have_refunds_name_their_lines():
    with pytest.raises(ValueError, match="which line"):
        spread_refund(100, [100, 200], "refuse")
    assert spread_refund(100, [200], "refuse") == [100]


@pytest.mark.parametrize("spread", [*SPREADS, "refuse"])
def test_a_spread_of_more_than_is_left_is_refused(spread):
    with pytest.raises(ValueError, match="cannot be refunded"):
        spread_refund(201, [100, 100], spread)
