"""Grid references, by Ordnance Survey's own examples and for every square."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.shared.grid_references import format_grid_reference, parse_grid_reference

# The letters of all squares of the National Grid, as OS prints them, from the north.
SQUARES = """
HL HM HN HO HP JL JM
HQ HR HS HT HU JQ JR
HV HW HX HY HZ JV JW
NA NB NC ND NE OA OB
NF NG NH NJ NK OF OG
NL NM NN NO NP OL OM
NQ NR NS NT NU OQ OR
NV NW NX NY NZ OV OW
SA SB SC SD SE TA TB
SF SG SH SJ SK TF TG
SL SM SN SO SP TL TM
SQ SR SS ST SU TQ TR
SV SW SX SY SZ TV TW
"""


@pytest.mark.parametrize(
    ("digits", "reference", "middle"),
    [
        (0, "ST", (350000, 150000)),
        (2, "ST 7 6", (375000, 165000)),
        (4, "ST 75 64", (375500, 164500)),
        (6, "ST 750 646", (375050, 164650)),
        (8, "ST 7503 6462", (375035, 164625)),
        (10, "ST 75039 64627", (375039, 164627)),
    ],
)
def test_every_precision_is_written_and_read(digits, reference, middle):
    assert format_grid_reference(375039.9, 164627.3, digits) == reference
    assert parse_grid_reference(reference) == middle
    assert parse_grid_reference(reference.replace(" ", "").lower()) == middle


def test_every_square_has_the_letters_that_ordnance_survey_prints():
    rows = list(reversed(SQUARES.split("\n")[1:-1]))
    assert len(rows) == 13
    for row, names in enumerate(rows):
        for column, name in enumerate(names.split()):
            easting, northing = column * 100_000 + 50_000, row * 100_000 + 50_000
            assert format_grid_reference(easting, northing, 0) == name
            assert parse_grid_reference(name) == (easting, northing)


@given(
    st.floats(0, 700_000, exclude_max=True),
    st.floats(0, 1_300_000, exclude_max=True),
    st.sampled_from([0, 2, 4, 6, 8, 10]),
)
def test_a_point_is_in_the_square_that_its_reference_names(easting, northing, digits):
    reference = format_grid_reference(easting, northing, digits)
    middle = parse_grid_reference(reference)
    reach = 100_000 / 10 ** (digits // 2) / 2 if digits < 10 else 1
    assert abs(middle[0] - easting) <= reach
    assert abs(middle[1] - northing) <= reach
    assert format_grid_reference(*middle, digits) == reference


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        easting, northing = parse_grid_reference(text)
    except ValueError:
        return
    assert 0 <= easting < 700_000
    assert 0 <= northing < 1_300_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "S",
        "ST7",
        "ST 75 6",
        "ST 750646 1",
        "IT 75 64",
        "SI 75 64",
        "AA 12 34",
        "ZZ",
        "ST -7 6",
        "ST 7.5 6",
        "ST 7503962 6462739",
        "ST" + " " * 90 + "75 64",
        "\u017fT 75 64",
        "ST \uff17\uff15 64",
        "ST 75 64\x00",
        "375039 164627",
    ],
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match=r"grid reference|National Grid"):
        parse_grid_reference(text)


@pytest.mark.parametrize(
    ("point", "digits"),
    [
        ((700_000, 0), 6),
        ((0, 1_300_000), 6),
        ((-1, 5), 6),
        ((float("nan"), 5), 6),
        ((float("inf"), 5), 6),
        ((5, 5), 3),
        ((5, 5), 12),
        ((5, 5), -2),
    ],
)
def test_what_has_no_reference_is_refused(point, digits):
    with pytest.raises(ValueError, match=r"National Grid|figures"):
        format_grid_reference(*point, digits)
