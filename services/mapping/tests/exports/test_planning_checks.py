"""The checks of planning.data.gov.uk: each finds what it is for, and nothing in a good row."""

from datetime import UTC, date, datetime

import pytest
import shapely

from mapping.exports.rules.checks import check_rows
from mapping.exports.rules.datasets import DATASETS
from mapping.exports.rules.rows import Record, make_row

TODAY = date(2026, 12, 1)
SQUARE = shapely.box(-2.37, 51.38, -2.36, 51.39)
PARENTS = {name: frozenset({"TPO-1", "CA-1"}) for name in DATASETS}
PROPERTIES = {
    "name": "Old town",
    "designation_date": "1975-11-05",
    "order": "TPO-1",
    "kind": "group",
    "conservation_area": "CA-1",
    "document_type": "notice",
    "made_date": "1974-03-04",
    "document_url": "https://www.citytown.example/a.pdf",
}


def make(name, shape=SQUARE, fid="R-1", **properties):
    shape = shapely.Point(-2.3, 51.4) if name == "tree" and shape is SQUARE else shape
    changed = datetime(2026, 1, 2, tzinfo=UTC)
    return make_row(DATASETS[name], Record(fid, {**PROPERTIES, **properties}, shape, changed, None, None))


def find(name, *rows, parents=PARENTS):
    issues = check_rows(DATASETS[name], rows, parents, TODAY)
    return {(issue.field, issue.type) for issue in issues}


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_a_good_row_has_no_issue_and_every_column(name):
    row = make(name)
    assert tuple(DATASETS[name].columns) == tuple(row)
    assert find(name, row) == set()


def test_a_row_says_when_it_began_and_last_changed():
    row = make("conservation-area")
    assert (row["start-date"], row["entry-date"], row["end-date"]) == ("1975-11-05", "2026-01-02", "")
    assert row["geometry"].startswith("POLYGON ((-2.3")
    assert row["point"].startswith("POINT (")


@pytest.mark.parametrize(
    ("name", "change", "issue"),
    [
        ("conservation-area", {"designation-date": "05/11/1975"}, ("designation-date", "invalid date")),
        ("conservation-area", {"designation-date": "1975-13"}, ("designation-date", "invalid date")),
        ("conservation-area", {"entry-date": "2026-12-02"}, ("entry-date", "future entry-date")),
        ("conservation-area", {"end-date": "1970-01-01"}, ("end-date", "invalid date")),
        ("conservation-area", {"geometry": "POLYGON ((0 0"}, ("geometry", "invalid WKT")),
        (
            "conservation-area",
            {"geometry": "POLYGON ((-2.3 51.3, -2.2 51.4, -2.2 51.3, -2.3 51.4, -2.3 51.3))"},
            ("geometry", "invalid geometry"),
        ),
        ("conservation-area", {"geometry": "POINT (-2.3 51.3)"}, ("geometry", "unexpected geometry type")),
        ("conservation-area", {"point": "POINT (375000 165000)"}, ("point", "OSGB coordinates")),
        ("conservation-area", {"point": "POINT (51.4 -2.3)"}, ("point", "flipped coordinates")),
        ("conservation-area", {"point": "POINT (-3.9 56.1)"}, ("point", "outside England")),
        ("conservation-area", {"point": "POINT (-2.1234567 51.3)"}, ("point", "invalid geometry")),
        ("conservation-area", {"name": ""}, ("name", "missing value")),
        ("conservation-area", {"geometry": ""}, ("geometry", "missing value")),
        ("conservation-area", {"document-url": "a.pdf"}, ("document-url", "invalid URI")),
        ("conservation-area-document", {"document-type": "map"}, ("document-type", "invalid category value")),
        (
            "conservation-area-document",
            {"conservation-area": "CA-9"},
            ("conservation-area", "missing associated entity"),
        ),
        (
            "tree-preservation-zone",
            {"tree-preservation-order": "TPO-9"},
            ("tree-preservation-order", "missing associated entity"),
        ),
        (
            "tree-preservation-zone",
            {"tree-preservation-zone-type": "row"},
            ("tree-preservation-zone-type", "invalid category value"),
        ),
        ("tree", {"point": "", "geometry": ""}, ("point", "missing value")),
        ("tree", {"uprn": "100"}, ("uprn", "missing value")),
    ],
)
def test_each_check_finds_what_it_is_for(name, change, issue):
    assert find(name, {**make(name), **change}) == {issue}


@pytest.mark.parametrize("day", ["1975", "1975-11", "1975-11-05", ""])
def test_dates_may_be_months_years_or_unknown(day):
    assert find("conservation-area", {**make("conservation-area"), "designation-date": day}) == set()


def test_references_are_unique():
    row = make("tree")
    assert find("tree", row, row) == {("reference", "reference values are not unique")}
