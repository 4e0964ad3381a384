"""Card numbers in text that people typed: found in any form, and little else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.shared.card_numbers import has_card_number

CARDS = [
    "4242424242424242", "4444333322221111", "4917610000000000003", "371449635398431", "3566002020360505",
    "6011000990139424", "36148900647913", "5105105105105100", "2223003122003222", "6759649826438453",
    "6205500000000000004", "4222222222222",
]  # fmt: skip
NOT_CARDS = [
    "800123459", "00123456782", "BJ12345673", "23901001234568",  # council tax, rents, parking, library
    "4242424242424241", "1234567890123452", "42424242424242424242",  # not Luhn; no network; too long
    "01225 477000 01225 477001", "2026-11-30 19:23 4000", "30-11-2026 123456",
    "100012345678 200012345678", "24/01234/FUL", "", "GB82WEST12345698765432",
    "42 424 2424242 4242",  # no card is printed in such groups
]  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize(
    "template", ["{}", "card {} please", "REF{}X", "a\n{}\nb", "2026-11-30 {} 10:00", "flat 2, {}"]
)
def test_a_card_number_is_found_in_a_text(card, template):
    assert has_card_number(template.format(card))


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("separator", [" ", "-", "  ", " - ", ".", "\u00a0", "\u2013", "\u200b", "\u00ad"])
@pytest.mark.parametrize("size", [1, 4, 8])
def test_a_card_number_is_found_in_groups(card, separator, size):
    groups = [card[start : start + size] for start in range(0, len(card), size)]
    assert has_card_number(separator.join(groups))


@pytest.mark.parametrize("text", ["3714 496353 98431", "3614 890064 7913"])
def test_a_card_number_is_found_as_american_express_and_diners_club_print_theirs(text):
    assert has_card_number(text)


@pytest.mark.parametrize("zero", [0x0660, 0x06F0, 0x0966, 0xFF10, 0x1D7CE])
def test_a_card_number_is_found_in_the_digits_of_any_script(zero):
    assert has_card_number("".join(chr(zero + int(digit)) for digit in CARDS[0]))


@pytest.mark.parametrize("text", NOT_CARDS)
def test_a_reference_a_date_or_a_telephone_number_is_no_card_number(text):
    assert not has_card_number(text)


@given(st.integers(10**13 * 2, 10**13 * 3 - 1))
def test_no_library_card_is_taken_for_a_payment_card(number):
    assert not has_card_number(str(number))


@given(st.text(max_size=300))
def test_any_text_has_a_verdict(text):
    assert has_card_number(text) in {True, False}


def test_a_long_text_of_digits_takes_no_time():
    text = "1 " * 5_000
    assert not has_card_number(text)
