"""The office's page of closes."""

import re

import pytest

from services.payments.tests.funds.finance import import_default
from services.payments.tests.office.staff import PAGES
from services.payments.tests.office.test_pages import open_office

__all__ = ["open_office"]


@pytest.fixture
def first_day(set_clock):
    """It is a day in 2031, for the credentials too."""
    set_clock("2031-03-03T10:00:00Z")


async def test_a_close_shows_how_far_its_files_are_written(
    first_day, open_office, paid, client, mint, run_jobs, set_clock
):
    await import_default(client, mint, "citytown", "england")
    await paid(lines=[{"fund": "23", "amount": 4_000, "reference": "800123459"}], amount=4_000)
    set_clock("2031-03-04T10:00:00Z")
    token = mint(scopes=["payments:finance"], councils=["citytown"], mode="sandbox", client_id="finance")
    closed = await client.post(
        "/citytown/payments/finance/v1/closes",
        json={"day": "2031-03-03"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert closed.status_code == 201, closed.text
    browser = await open_office("ann")
    page = (await browser.get(f"{PAGES}/closes")).text
    assert "3 March 2031" in page
    assert re.search(r"Writing</strong> \d+ of \d+ lines", page)
    await run_jobs()
    page = (await browser.get(f"{PAGES}/closes")).text
    assert ("Writing" in page, bool(re.search(r"\d+ written", page))) == (False, True)
    other = await open_office("hal", council="hillshire")
    assert "No day is closed" in (await other.get("/hillshire/payments/office/closes")).text
    assert (await browser.get(f"{PAGES}/closes", after="nonsense")).status_code == 400
