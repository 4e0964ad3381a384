"""What payers type as amounts, and what addresses bring along."""

import pytest

from payments.links.rules import parse_amount, read_pence, read_reference, write_pounds


@pytest.mark.parametrize(
    ("text", "pence"),
    [("12", 1_200), ("12.5", 1_250), ("12.50", 1_250), ("£1,200.05", 120_005), ("£ 0.01", 1), ("0", 0)],
)
def test_an_amount_in_pounds_is_read(text, pence):
    assert parse_amount(text) == pence


@pytest.mark.parametrize("text", ["", "-1", "12.505", "1,20", "1e3", "twelve", "12.", "٣", "1" * 10, "£"])
def test_what_is_no_amount_is_not_read(text):
    assert parse_amount(text) is None


def test_an_address_brings_pence_and_a_reference_with_spaces():
    assert (read_pence("1250"), write_pounds(1_250), write_pounds(5)) == (1_250, "12.50", "0.05")
    assert [read_pence(text) for text in ("", "12.50", "-1", "٣", "1" * 10)] == [None] * 5
    assert read_reference("_AB_12_") == "AB 12"
