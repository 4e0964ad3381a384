"""Rows of a plain CSV: what is taken, and what is rejected why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.gazetteer_files.rules import csv_rows
from services.address.tests.samples import row


def test_a_good_row_is_staged_as_copy_text():
    line, rejects = csv_rows.stage_row(7, list(row(1, subname="FLAT 2", number="12A", name="A\\B").values()))
    assert rejects == []
    fields = dict(zip(csv_rows.STAGED, line.rstrip("\n").split("\t")[1:], strict=True))
    assert line.startswith("7\t1\t")
    assert fields["sao_text"] == "FLAT"
    assert (fields["sao_start_number"], fields["pao_start_number"]) == ("2", "12")
    assert fields["pao_start_suffix"] == "A"
    assert fields["pao_text"] == "A\\\\B"
    assert fields["organisation"] == csv_rows.NULL


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("uprn", "0"), ("uprn", "1000000000000"), ("uprn", "1.5"), ("uprn", "-1"), ("uprn", ""),
        ("uprn", "\u0661"),
        ("parentuprn", "x"), ("usrn", "100000000"), ("usrn", ""), ("postcode", "BA1"), ("postcode", ""),
        ("postcode", "BA1 1LJ9"), ("easting", "700000.01"), ("easting", "-1"), ("easting", "nan"),
        ("easting", "1e5"), ("northing", "1300000.5"), ("northing", "inf"), ("northing", ""),
        ("organisationname", "X" * 101), ("name", "X" * 91), ("subname", "X" * 91), ("streetname", ""),
        ("streetname", "X" * 101), ("locality", "X" * 61), ("townname", "X" * 61), ("number", "X"),
        ("name", "A\x00B"), ("subname", "A\tB"), ("locality", "A\u2028B"), ("classificationcode", "rd4"),
        ("classificationcode", ""),
    ],
)  # fmt: skip
def test_a_hostile_value_is_rejected_with_its_line_and_column(column, value):
    text, rejects = csv_rows.stage_row(42, list(row(1, **{column: value}).values()))
    assert text == ""
    assert [(reject.line, reject.column) for reject in rejects] == [(42, column)]
    assert rejects[0].reason


def test_every_fault_of_a_row_is_told():
    _, rejects = csv_rows.stage_row(3, list(row(1, uprn="", postcode="X", easting="?").values()))
    assert [reject.column for reject in rejects] == ["uprn", "postcode", "easting"]


def test_a_row_with_too_few_columns_is_rejected():
    _, rejects = csv_rows.stage_row(3, ["1", "2"])
    assert "14 are wanted" in rejects[0].reason


def test_a_rejected_value_cannot_act_in_a_spreadsheet():
    _, rejects = csv_rows.stage_row(3, list(row(1, uprn="=HYPERLINK(1)").values()))
    assert rejects[0].value.startswith("'=")


@given(st.lists(st.text(max_size=40), min_size=14, max_size=14))
def test_any_row_is_staged_on_one_line_or_rejected(values):
    text, rejects = csv_rows.stage_row(1, values)
    assert bool(text) != bool(rejects)
    if text:
        assert text.count("\n") == 1
        assert text.count("\t") == len(csv_rows.STAGED)
