"""Cells that no spreadsheet takes for a formula."""

import pytest

from chassis.spreadsheets import write_cell


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1"])
def test_a_formula_becomes_text(text):
    assert write_cell(text) == f"'{text}"
    assert write_cell(f"a {text}") == f"a {text}"


@pytest.mark.parametrize("value", ["-3.5", "+44 1225 477000", "-1", "a=b", "", 3, -3.5])
def test_what_is_no_formula_stays(value):
    assert write_cell(value) == value


def test_what_is_no_text_is_written_as_one():
    assert [write_cell(value) for value in (None, True, False)] == ["", "true", "false"]
