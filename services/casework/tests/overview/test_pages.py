"""The pages of case types and of figures, as a browser of a member of staff gets them."""

import csv
import io
import re

import pytest

from services.casework.tests.office.conftest import OFFICE

_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)


async def test_case_types_are_listed_with_how_many_are_open(desk, open_office):
    await desk.open()
    page = await (await open_office("ann")).get(f"{OFFICE}/case-types")
    row = next(part for part in page.text.split("<tr") if "Missed bin collection" in part)
    for words in ("United Kingdom", "1.1", "Published"):
        assert words in row
    assert int(re.findall(r"numeric\">(\d+)<", row)[0]) >= 1


async def test_a_type_is_drawn_and_says_on_what_its_deadlines_rest(desk, open_office):
    office = await open_office("ann")
    page = await office.get(f"{OFFICE}/case-types/planning-application")
    assert "Planning application" in _SVG.search(page.text)[0]
    for words in (
        "The same as a table", "Find it valid", "SI 2015/595 art 34(2)", "Verified", "Not verified",
        "Fee for a non-major application", "£258.00", "£0.00 to £5,000.00", "Law",
    ):  # fmt: skip
        assert words in page.text
    assert "Published" in page.text
    file = await office.get(f"{OFFICE}/case-types/planning-application/diagram.bpmn?version=1.0")
    assert file.headers["content-type"].startswith("application/xml")
    for path in ("no-such-type", "missed-bin?version=9.9"):
        assert (await office.get(f"{OFFICE}/case-types/{path}")).status_code == 404


async def test_figures_are_drawn_beside_their_table_and_may_be_had_as_a_file(desk, open_office):
    case = (await desk.open({"collection_day": "2026-04-02"})).json()
    case = (await desk.act(case, "send_crew")).json()
    await desk.act(case, "record_collection")
    office = await open_office("ann")
    page = await office.get(f"{OFFICE}/performance?type=missed-bin")
    assert "2026-W14" in _SVG.search(page.text)[0]
    for words in ("Come back for it", "Collected", "Closed in time", "Missed bin collection", "in time"):
        assert words in page.text
    link = re.search(r'href="(/[^"]+performance\.csv[^"]+)"', page.text)[1].replace("&amp;", "&")
    rows = list(csv.DictReader(io.StringIO((await office.get(link)).text)))
    closed = [int(row["number"]) for row in rows if (row["week"], row["figure"]) == ("2026-W14", "closed")]
    assert closed
    assert closed[0] >= 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=soon", "Enter a day"),
        ("from=2026-04-02&to=2026-01-01", "The first day is after the last"),
        ("from=1990-01-01", "106 weeks"),
    ],
)
async def test_what_is_no_period_is_an_error_in_the_form(desk, open_office, query, words):
    page = await (await open_office("ann")).get(f"{OFFICE}/performance?{query}")
    assert page.status_code == 400
    assert words in page.text
    assert "Closed by week" in page.text


async def test_nobody_sees_figures_without_a_role_or_of_another_council(now, installed, open_office):
    stranger = await open_office("carl", scopes=["payments:office"])
    for path in (
        "performance",
        "case-types",
        "case-types/missed-bin",
        "performance.csv?from=2026-01-01&to=2026-01-02",
    ):
        assert (await stranger.get(f"{OFFICE}/{path}")).status_code == 403
