"""Answers are sent once, as they were checked and at the price that was shown."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from apps.resident.tests.forms.test_pages import ADDRESS, FREE, answer_all
from chassis import clock


@pytest.fixture(scope="module", autouse=True)
async def published(bundles, publish):
    for content in bundles.values():
        await publish(content)


@pytest.fixture
async def checked(visit, facts):
    """A browser at check answers of garden waste at citytown."""
    facts.fields = dict(FREE)
    person = visit("citytown", "garden-waste")
    await person.get("address")
    await person.post("address", step="search", postcode="BA1 1LJ")
    await person.post("address", **ADDRESS)
    await answer_all(person)
    return person


async def count_submissions(database):
    async with database.reading("citytown") as session:
        return await session.scalar(text("SELECT count(*) FROM submission"))


async def test_answers_are_sent_once_and_the_draft_keeps_none(checked, database):
    before = await count_submissions(database)
    fields = {"price": checked.hidden("price")}
    assert fields["price"] == "10400"
    version, token = checked.hidden("version"), checked.hidden("csrf")
    page = await checked.post("check", **fields)
    assert page.status_code == 200
    where = checked.path
    assert where.startswith("/citytown/services/garden-waste/submissions/")
    # A second click, and the way back.
    body = {"csrf": token, "version": version, **fields}
    again = await checked.client.post(checked.root + "check", data=body, headers={"Accept": "text/html"})
    assert (again.status_code, again.headers["location"]) == (303, where)
    await checked.get("check")
    assert checked.path == where
    assert await count_submissions(database) == before + 1
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT state, length(sealed) FROM draft ORDER BY id DESC LIMIT 1"))
    assert tuple(row) == ("submitted", 0)
    # The service may be used again, from its beginning.
    await checked.get("bins")
    assert checked.at == "address"
    assert "1 High Street" not in checked.page.text


async def test_what_another_tab_changed_is_checked_again(checked, database):
    before = await count_submissions(database)
    version, price = checked.hidden("version"), checked.hidden("price")
    await checked.get("name")
    await checked.post("name", answer="Ben Rees")
    page = await checked.post("check", version, price=price)
    assert page.status_code == 409
    assert "Nothing has been sent" in page.text
    assert "Ben Rees" in page.text
    assert await count_submissions(database) == before


async def test_another_price_than_the_one_shown_is_checked_again(checked, database, set_clock, facts):
    price = checked.hidden("price")
    page = await checked.post("check", price=str(int(price) - 100))
    assert page.status_code == 409
    page = await checked.post("check")
    assert page.status_code == 409


async def test_a_stop_that_holds_by_now_is_shown_and_nothing_is_sent(checked, database, facts, set_clock):
    before = await count_submissions(database)
    price = checked.hidden("price")
    set_clock((clock.now() + timedelta(minutes=11)).isoformat())
    facts.fields["held"] = {"active": 1, "until": "2027-03-31", "renew_from": "2027-03-01"}
    await checked.post("check", price=price)
    assert checked.at == "stop"
    assert await count_submissions(database) == before


async def test_a_form_that_is_not_finished_is_not_sent(visit, facts, database):
    before = await count_submissions(database)
    person = visit("citytown", "garden-waste")
    await person.get("address")
    await person.post("check", price="0")
    assert person.at == "address"
    assert await count_submissions(database) == before
