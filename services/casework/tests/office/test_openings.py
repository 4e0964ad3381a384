"""Opening a case from the office."""

import re

import pytest

from services.casework.tests.office.conftest import OFFICE
from services.casework.tests.office.test_cases import text_of

REPORT = f"{OFFICE}/new-case/missed-bin/report"
ANSWERS = {
    "field-uprn": "100 012 399 999",
    "field-bin": "food",
    "field-collection_day-day": "1",
    "field-collection_day-month": "4",
    "field-collection_day-year": "2026",
}


async def fill_in(browser, **fields):
    page = await browser.get(REPORT)
    submission = re.search(r'name="submission" value="(\w+)"', page.text)[1]
    return await browser.post(REPORT, **{"submission": submission, "language": "en", **ANSWERS, **fields})


async def test_a_case_is_opened_for_who_rang_and_sent_twice_opens_one(ann):
    kinds = await ann.get(f"{OFFICE}/new-case")
    assert REPORT in kinds.text
    assert "freedom-of-information" not in kinds.text  # another role's
    page = await fill_in(ann, phone="07700 900123", language="cy", submission="01jqz3t8qk5v7m9x2c4b6n8p0r")
    text = text_of(page)
    for words in (
        "Report a missed bin: this is done",
        "100012399999",
        "+447700900123",
        "Welsh",
        "Ann Officer",
    ):
        assert words in text
    again = await fill_in(ann, submission="01jqz3t8qk5v7m9x2c4b6n8p0r")
    assert again.url.path == page.url.path


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"field-bin": ""}, "Answer this question"),
        ({"field-bin": "bathtub"}, "Choose one of these"),
        ({"field-uprn": "Rosa's house"}, "It must be a UPRN"),
        ({"field-collection_day-day": "31"}, "Enter a day, such as 27 3 2026"),
        ({"field-collection_day-month": "५"}, "Enter a day, such as 27 3 2026"),
        (
            {"field-collection_day-day": "3", "field-uprn": "100012399998"},
            "Your collection day has not come yet",
        ),
        ({"email": "rosa"}, "Enter an email address"),
        ({"phone": "12"}, "Enter a phone number"),
        ({"submission": "none"}, "Load the page again"),
        ({"effective-day": "1", "effective-month": "1", "effective-year": "2031"}, "This lies in the future"),
        ({"effective-time": "9:00"}, "Enter the day too"),
    ],
)
async def test_a_wrong_form_says_what_is_wrong_and_keeps_what_was_typed(ann, fields, words):
    page = await fill_in(ann, **{"field-ward": "Castle <&> Keep", **fields})
    assert page.status_code == 400
    assert "There is a problem" in page.text
    assert words in page.text
    assert "Castle &lt;&amp;&gt; Keep" in page.text


async def test_a_place_that_was_found_on_the_map_is_the_cases(ann, desk):
    page = await ann.get(REPORT)
    assert f"/mapping/pin?return={REPORT}" in page.text
    page = await ann.get(f"{REPORT}?place=-2.359000,51.381300")
    assert "You chose a place on the map" in page.text
    place = re.search(r'name="place" value="([^"]*)"', page.text)[1]
    opened = await fill_in(ann, place=place, **{"field-uprn": "100012399997"})
    case = (await desk.get(f"cases/{opened.url.path.rpartition('/')[2]}")).json()
    assert case["location"] == {"lat": 51.3813, "long": -2.359, "usrn": None}


@pytest.mark.parametrize("place", ["51.3,", "-200,51", "2,91", "NaN,1", "<b>"])
async def test_a_place_that_is_none_is_found_again(ann, place):
    page = await fill_in(ann, place=place)
    assert page.status_code == 400
    assert "Find the place on the map again" in page.text
    assert "<b>" not in page.text


async def test_what_is_likely_open_already_is_shown_before_another_is_opened(desk, ann):
    first = (await desk.open({"bin": "garden"}, contact={"email": "rosa@example.org"})).json()
    submission = "01jqz3t8qk5v7m9x2c4b6n8p1t"
    answers = {"field-uprn": desk.uprn, "field-ward": "Castle <&> Keep", "submission": submission}
    page = await fill_in(ann, **answers)
    assert page.url.path == REPORT
    assert "No case is opened yet" in page.text
    assert f"{OFFICE}/cases/{first['id']}" in page.text
    assert "Castle &lt;&amp;&gt; Keep" in page.text
    assert "rosa" not in page.text
    opened = await fill_in(ann, **answers, despite="yes")
    assert "Report a missed bin: this is done" in text_of(opened)
    # Sent again from the page before: the case that it opened is no duplicate of itself.
    again = await fill_in(ann, **answers)
    assert again.url.path == opened.url.path


async def test_who_has_no_role_opens_nothing(now, installed, open_office):
    browser = await open_office("nora")
    assert "You have no role" in (await browser.get(f"{OFFICE}/new-case")).text
    assert (await browser.get(REPORT)).status_code == 404
    reader = await open_office("rae", scopes=["casework:read"])
    assert (await reader.get(REPORT)).status_code == 403
