"""OS Places' filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.places.rules import filters


def test_filters_of_one_field_widen_and_filters_apart_narrow():
    parsed = filters.parse_filters(
        ["classification_code:RD* CLASSIFICATION_CODE:PP", "logical_status_code:1 6", "LOGICAL_STATUS_CODE:1"]
    )
    assert parsed == filters.Filters(classes=("RD%", "PP"), statuses=(1,))


@pytest.mark.parametrize(
    ("first", "second", "classes"),
    [
        ("RD*", "RD04", ("RD04",)),
        ("RD04", "R*", ("RD04",)),
        ("RD*", "C*", ()),
        ("*", "CR08", ("CR08",)),
        ("RD04", "RD04", ("RD04",)),
    ],
)
def test_two_classification_filters_leave_what_passes_both(first, second, classes):
    texts = [f"CLASSIFICATION_CODE:{first}", f"CLASSIFICATION_CODE:{second}"]
    assert filters.parse_filters(texts).classes == classes


@pytest.mark.parametrize(
    "fq",
    ["", "RD04", "FOO:1", "CLASSIFICATION_CODE:", "CLASSIFICATION_CODE:R%", "LOGICAL_STATUS_CODE:9",
     "LOGICAL_STATUS_CODE:1 COUNTRY_CODE:E", "COUNTRY_CODE:' OR 1=1", "CLASSIFICATION_CODE:" + "RD " * 60],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(fq):
    with pytest.raises(ValueError, match=r"must name one field|cannot be filtered|is no |is the most"):
        filters.parse_filters([fq])


@given(st.lists(st.text(max_size=60), max_size=4))
def test_filters_never_fail_in_another_way(texts):
    try:
        filters.parse_filters(texts)
    except ValueError:
        return
