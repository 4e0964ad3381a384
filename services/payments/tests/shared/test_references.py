"""Rules of references: every row of ``council-finance`` section 2, and what their check digits promise."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payments.shared.references import MAX_LENGTH, Rule, find_fault, make_reference, normalise, parse_mask

ACADEMY = Rule(
    min_length=9, max_length=9, characters="digits",
    check={"kind": "weighted_sum", "weights": [3, 7, 1, 3, 7, 1, 3, 7, 0], "modulus": 10, "subtract": True,
           "result": {10: "0"}},
)  # fmt: skip
RENTS = Rule(
    min_length=11, max_length=11, characters="digits",
    check={"kind": "weighted_sum", "weights": [0, 0, 9, 7, 1, 4, 6, 3, 2, 8, 0], "modulus": 10,
           "subtract": True, "result": {10: "0"}},
)  # fmt: skip


def notice(prefix, source):
    check = {"kind": "weighted_sum", "weights": [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "modulus": 11}
    return Rule(
        min_length=10,
        max_length=10,
        mask=f"{prefix}#{{7}}[0-9A]",
        check=check | {"source": source, "result": {10: "A"}},
    )


PARKING, PENALTY = notice("BJ", "05"), notice("FP", "12")
LIBRARY = Rule(min_length=14, max_length=14, characters="digits", mask="2#{13}", check={"kind": "luhn"})
MOD_11 = Rule(min_length=8, max_length=8, check={"kind": "mod11", "ten": "X"})
MOD_11_WITHOUT_TEN = Rule(min_length=2, max_length=30, check={"kind": "mod11"})
MOD_97 = Rule(min_length=8, max_length=8, characters="digits", check={"kind": "mod97"})
INVOICE = Rule(min_length=10, max_length=10, mask="[93]#{9}")
DEBTOR = Rule(min_length=11, max_length=11, mask="[MP]#{10}")
BENEFIT = Rule(min_length=8, max_length=8, mask="7#{7}")
COUNCIL_TAX = Rule(min_length=9, max_length=9, mask="77#{7}")
RATES = Rule(min_length=9, max_length=9, mask="56#{7}")
PLANNING = Rule(min_length=6, max_length=30, characters="text", ignores="nothing")
CONWY = Rule(min_length=10, max_length=10, mask="CQ#{8}")

VALID = [
    *[(ACADEMY, text) for text in ("800123459", "123456780", "500000018", "300000001")],
    *[(RENTS, text) for text in ("00123456782", "11000000000")],
    *[(PARKING, text) for text in ("BJ12345673", "BJ0000003A", "BJ1000007A")],
    *[(PENALTY, text) for text in ("FP1234567A", "FP00000014")],
    (LIBRARY, "23901001234568"), (MOD_11, "12345674"), (MOD_97, "12345676"),
    (INVOICE, "9123456789"), (INVOICE, "3000000000"), (DEBTOR, "M0123456789"), (DEBTOR, "P0123456789"),
    (BENEFIT, "71234567"), (COUNCIL_TAX, "771234567"), (RATES, "561234567"),
    (PLANNING, "24/01234/FUL"), (CONWY, "CQ12345678"),
]  # fmt: skip
CHECKED = [(rule, text) for rule, text in VALID if rule.check]


def list_changed(text):
    """Texts with one digit changed: the place, the old and the new digit."""
    for place, old in enumerate(text):
        if old in string.digits:
            for new in set(string.digits) - {old}:
                yield place, old, new, text[:place] + new + text[place + 1 :]


def list_transposed(text):
    for place in range(len(text) - 1):
        first, second = text[place : place + 2]
        if first != second and {first, second} <= set(string.digits):
            yield place, first, second, text[:place] + second + first + text[place + 2 :]


def is_change_promised(rule, text, place, old, new):
    """Whether the algorithm itself finds this wrong digit: by its mathematics, not by our code."""
    if rule.check.kind != "weighted_sum" or place == len(text) - 1:
        return True  # Luhn, modulus 11 and 97 find every one; a wrong check digit is always found
    if place < len(rule.check.source):
        return False
    return rule.check.weights[place] * (int(old) - int(new)) % rule.check.modulus != 0


def is_transposition_promised(rule, text, place, first, second):
    if rule.check.kind == "luhn":
        return {first, second} != {"0", "9"}
    if rule.check.kind != "weighted_sum":
        return True
    weights = rule.check.weights
    if place + 1 == len(text) - 1:  # with the check digit, whose effect on the sum is +1 or -1
        effect = 1 if rule.check.subtract else -1
        return (weights[place] - effect) * (int(first) - int(second)) % rule.check.modulus != 0
    if place < len(rule.check.source):
        return False
    return (weights[place] - weights[place + 1]) * (int(first) - int(second)) % rule.check.modulus != 0


@pytest.mark.parametrize(("rule", "text"), VALID)
def test_a_valid_reference_passes_its_rule(rule, text):
    assert find_fault(text, rule) is None


@pytest.mark.parametrize(("rule", "text"), CHECKED)
def test_a_wrong_digit_is_found_where_the_check_digit_promises_it(rule, text):
    faults = {
        place: find_fault(changed, rule)
        for place, old, new, changed in list_changed(text)
        if is_change_promised(rule, text, place, old, new)
    }
    assert len(faults) >= 6
    assert None not in faults.values()


@pytest.mark.parametrize(("rule", "text"), CHECKED)
def test_two_digits_in_the_wrong_order_are_found_where_the_check_digit_promises_it(rule, text):
    promised = [
        changed
        for place, first, second, changed in list_transposed(text)
        if is_transposition_promised(rule, text, place, first, second)
    ]
    assert [changed for changed in promised if find_fault(changed, rule) is None] == []
    assert len(promised) >= (0 if text in {"11000000000", "BJ0000003A", "BJ1000007A"} else 1)


@pytest.mark.parametrize("rule", [ACADEMY, MOD_97, LIBRARY])
@given(st.integers(0, 10**12 - 1))
def test_every_wrong_digit_of_every_reference_is_found(rule, number):
    length = rule.max_length - (2 if rule is MOD_97 else 1)
    body = f"{number:012}".rjust(20, "0")[-length:]
    body = "2" + body[1:] if rule is LIBRARY else body
    text = body + rule.check.compute(body)
    assert find_fault(text, rule) is None
    assert [changed for *_, changed in list_changed(text) if find_fault(changed, rule) is None] == []


def test_a_body_whose_check_digit_has_no_sign_has_none():
    without_sign = PARKING.check.model_copy(update={"result": {}})
    assert (PARKING.check.compute("BJ0000003"), without_sign.compute("BJ0000003")) == ("A", None)


@pytest.mark.parametrize(
    ("rule", "text", "code"),
    [
        (ACADEMY, "80012345", "too_short"),
        (ACADEMY, "8001234590", "too_long"),
        (ACADEMY, "80012345A", "wrong_characters"),
        (ACADEMY, "٨00123459", "wrong_characters"),
        (ACADEMY, "800123458", "wrong_check_digit"),
        (PARKING, "XX12345673", "wrong_pattern"),
        (PARKING, "BJ1234567B", "wrong_pattern"),
        (INVOICE, "8123456789", "wrong_pattern"),
        (MOD_11_WITHOUT_TEN, "6X", "wrong_check_digit"),
        (PLANNING, "24/01234/FÜL", "wrong_characters"),
        (PLANNING, "24/01<234>", "wrong_characters"),
        (ACADEMY, "", "too_short"),
    ],
)
def test_a_fault_says_what_is_wrong(rule, text, code):
    assert find_fault(text, rule).code == code


@pytest.mark.parametrize(
    ("typed", "rule", "normal"),
    [
        (" 800 123 459 ", ACADEMY, "800123459"),
        ("800-123\u2013459", ACADEMY, "800123459"),
        ("bj1234567 3", PARKING, "BJ12345673"),
        ("00123456782", RENTS, "00123456782"),
        ("８００123459", ACADEMY, "800123459"),  # noqa: RUF001 - as an East Asian keyboard writes digits
        ("800\u00a0123\u200b459\u00ad", ACADEMY, "800123459"),
        ("24/01234/ful", PLANNING, "24/01234/FUL"),
        ("24 01234", PLANNING, "24 01234"),
        ("  Mr Smith\tflat 2 ", None, "Mr Smith flat 2"),
        ("\x00800123459", ACADEMY, "800123459"),
        ("\ud800order\x00 12\u202e", None, "order 12"),
    ],
)
def test_a_reference_is_normalised(typed, rule, normal):
    assert normalise(typed, rule) == normal


@given(st.text(max_size=MAX_LENGTH), st.sampled_from([rule for rule, _ in VALID]))
def test_any_text_has_a_verdict_and_what_is_stored_stays_as_it_is(text, rule):
    assert len(normalise(text)) <= len(text)
    reference = normalise(text, rule)
    assert find_fault(reference, rule) is not None or normalise(reference, rule) == reference


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"min_length": 9, "max_length": 8}, "min_length"),
        ({"min_length": 9, "max_length": 9, "mask": "#{8}"}, "as many"),
        ({"min_length": 1, "max_length": 9, "mask": "#{9}"}, "as many"),
        ({"min_length": 9, "max_length": 9, "mask": "(a+)+"}, "character 1"),
        ({"min_length": 9, "max_length": 9, "mask": "#{0}"}, "character 2"),
        ({"min_length": 9, "max_length": 9, "mask": "[9-1]#{8}"}, "range"),
        ({"min_length": 9, "max_length": 9, "mask": "[5-A]#{8}"}, "range"),
        ({"min_length": 9, "max_length": 9, "mask": "#{99}"}, "60 places"),
        ({"min_length": 16, "max_length": 16, "mask": "#{16}"}, "card numbers"),
        ({"min_length": 14, "max_length": 14, "characters": "digits", "check": {"kind": "luhn"}}, "card"),
        ({"min_length": 16, "max_length": 16, "mask": "[4-5]#{15}", "check": {"kind": "luhn"}}, "card"),
        ({"min_length": 3, "max_length": 3, "check": {"kind": "weighted_sum", "weights": [1, 2, 3],
          "modulus": 10}}, "must be 0"),
        ({"min_length": 3, "max_length": 3, "check": {"kind": "weighted_sum", "weights": [1, 0],
          "modulus": 10}}, "as many"),
        ({"min_length": 2, "max_length": 2, "check": {"kind": "weighted_sum", "weights": [1, 0],
          "modulus": 10, "source": "12"}}, "leave room"),
        ({"min_length": 9, "max_length": 9, "check": {"kind": "md5"}}, "kind"),
        ({"min_length": 1, "max_length": 256}, "255"),
    ],
)  # fmt: skip
def test_an_impossible_rule_is_refused(members, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate(members)


def test_a_mask_has_one_sign_for_each_place():
    assert [len(place) for place in parse_mask("B@?#[13-5]{2}-")] == [1, 26, 36, 10, 4, 4, 1]


def test_a_rule_survives_json():
    assert Rule.model_validate_json(PARKING.model_dump_json()) == PARKING


@given(st.integers(0, 10**9 - 1), st.sampled_from(["TH", "", "PAYX"]))
def test_a_reference_of_ours_finds_every_wrong_digit_and_transposition(number, prefix):
    text = make_reference(prefix, number, digits=9)
    rule = Rule(min_length=len(text), max_length=len(text), check={"kind": "mod97"})
    assert find_fault(text, rule) is None
    mistyped = [changed for *_, changed in (*list_changed(text), *list_transposed(text))]
    assert [changed for changed in mistyped if find_fault(changed, rule) is None] == []


@pytest.mark.parametrize(
    ("prefix", "number", "digits"), [("TH", 10**8, 8), ("T1", 1, 8), ("TH", 1, 10), ("TH", -1, 8)]
)
def test_a_reference_of_ours_that_does_not_fit_is_refused(prefix, number, digits):
    with pytest.raises(ValueError, match="reference of ours"):
        make_reference(prefix, number, digits)


def test_the_published_example_of_mod_97_is_ours():
    assert make_reference("", 123456, digits=6) == "12345676"
