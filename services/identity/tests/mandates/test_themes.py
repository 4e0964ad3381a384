"""Themes: a council's own beside every council's, and what becomes of what was agreed in them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.problems import Problem
from identity.grants.actions import history
from identity.mandates import rules as mandate_rules
from identity.mandates.actions import mandates, themes
from identity.mandates.schemas.themes import NewTheme
from identity.mandates.store import themes as store
from services.identity.tests.mandates.test_mandates import accept, held, in_council, may, offer, person

URL = "/citytown/identity/v1/themes"
ALLOTMENTS = {"title": "Allotments", "title_cy": "Rhandiroedd"}


@pytest.fixture
def keeper(mint):
    return {"X-Api-Key": mint(scopes=["identity:themes", "identity:read"], sub="officer")}


def code(answer):
    return answer.status_code, answer.json().get("code")


async def test_a_council_adds_themes_to_those_every_council_has(client, keeper):
    made = await client.put(f"{URL}/allotments", json=ALLOTMENTS, headers=keeper)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert made.json() == {"name": "allotments", **ALLOTMENTS, "common": False, "version": 1}
    items = (await client.get(URL, headers=keeper)).json()["items"]
    assert [one["name"] for one in items if one["common"]] == list(mandate_rules.THEMES)
    assert made.json() in items
    elsewhere = (await client.get(URL.replace("citytown", "hillshire"), headers=keeper)).status_code
    assert elsewhere == 403


async def test_every_theme_has_a_title_in_both_languages(client, keeper):
    for lacking in ("title", "title_cy"):
        body = {name: value for name, value in ALLOTMENTS.items() if name != lacking}
        assert (await client.put(f"{URL}/gardens", json=body, headers=keeper)).status_code == 400
    for one in (await client.get(URL, headers=keeper)).json()["items"]:
        assert one["title"]
        assert one["title_cy"]


async def test_a_change_needs_the_version_that_was_read(client, keeper):
    url = f"{URL}/markets"
    await client.put(url, json=ALLOTMENTS, headers=keeper)
    new = {"title": "Markets", "title_cy": "Marchnadoedd"}
    assert code(await client.put(url, json=new, headers=keeper)) == (428, "version-needed")
    etag = (await client.get(url, headers=keeper)).headers["ETag"]
    changed = await client.put(url, json=new, headers={**keeper, "If-Match": etag})
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "Markets", 2)
    stale = await client.put(url, json=ALLOTMENTS, headers={**keeper, "If-Match": etag})
    assert code(stale) == (412, "version-changed")


async def test_a_theme_every_council_has_is_neither_changed_nor_removed(client, keeper):
    assert code(await client.put(f"{URL}/waste", json=ALLOTMENTS, headers=keeper)) == (409, "common-theme")
    assert code(await client.delete(f"{URL}/waste", headers=keeper)) == (409, "common-theme")
    assert (await client.get(f"{URL}/waste", headers=keeper)).json()["title_cy"] == "Biniau ac ailgylchu"


async def test_what_is_not_there_is_404(client, keeper):
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"{URL}/moats", headers=keeper)).status_code == 404
    stale = {**keeper, "If-Match": '"1"'}
    assert (await client.put(f"{URL}/moats", json=ALLOTMENTS, headers=stale)).status_code == 404


async def test_who_may_only_read_changes_nothing(client, mint):
    reader = {"X-Api-Key": mint(scopes=["identity:read"])}
    assert code(await client.put(f"{URL}/x-y", json=ALLOTMENTS, headers=reader)) == (403, "missing-scope")
    assert code(await client.delete(f"{URL}/x-y", headers=reader)) == (403, "missing-scope")


async def test_a_council_has_a_bounded_number_of_its_own(client, keeper, monkeypatch):
    monkeypatch.setattr(themes, "MOST", 0)
    answer = await client.put(f"{URL}/one-more", json=ALLOTMENTS, headers=keeper)
    assert code(answer) == (409, "too-many-themes")


@pytest.fixture
async def officer(app, mint):
    return await app.state.verifier.check(mint(scopes=["identity:themes"], sub="officer"))


async def make(database, officer, name):
    body = NewTheme(title="Moorings", title_cy="Angorfeydd")
    await in_council(database, lambda s: themes.put(s, "citytown", officer, name, body, None))


async def test_a_mandate_is_given_in_a_councils_own_theme_and_in_none_that_is_unknown(
    client, database, officer
):
    principal, _ = await person(database)
    with pytest.raises(Problem) as refused:
        await offer(database, principal, theme="moorings")
    assert refused.value.errors[0].code == "unknown-theme"
    await make(database, officer, "moorings")
    principal, delegate, _ = await held(database, theme="moorings")
    assert await may(database, delegate, principal, "moorings") is not None
    assert await may(database, delegate, principal, "waste") is None
    with pytest.raises(Problem):  # another council has no such theme
        given = mandates.Offer("moorings", datetime.now(UTC) + timedelta(days=1), "Rosa", "Ben")
        await in_council(
            database, lambda s: mandates.offer(s, "hillshire", principal, given), council="hillshire"
        )


async def test_removing_a_theme_ends_offers_and_lets_mandates_that_hold_go_on(client, database, officer):
    await make(database, officer, "ferries")
    principal, delegate, mandate_id = await held(database, theme="ferries")
    other, email = await person(database)
    asked, _ = await offer(database, principal, theme="ferries", email=email)
    in_waste, _ = await offer(database, principal, email=email)
    await in_council(database, lambda s: themes.remove(s, "citytown", officer, "ferries"))
    found = await may(database, delegate, principal, "ferries")
    assert found.id == mandate_id
    with pytest.raises(Problem) as over:
        await accept(database, other, asked.id)
    assert over.value.code == "offer-over"
    assert (await accept(database, other, in_waste.id)).status == "accepted"
    with pytest.raises(Problem):
        await offer(database, principal, theme="ferries")
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM mandate WHERE id = :id"), {"id": asked.id})
        history = text("SELECT count(*) FROM account_history WHERE account = :a AND about = 'ferries'"
                       " AND what = 'mandate ended'")  # fmt: skip
        noted = await session.scalar(history, {"a": principal})
    assert (row.status, row.ended_by, row.version, noted) == ("revoked", "council", 2, 1)
    await in_council(database, lambda s: mandates.revoke(s, "citytown", principal, mandate_id))
    assert await may(database, delegate, principal, "ferries") is None


async def test_a_theme_taken_up_again_goes_on_from_its_last_version(client, keeper):
    url = f"{URL}/harbours"
    await client.put(url, json=ALLOTMENTS, headers=keeper)
    assert (await client.delete(url, headers=keeper)).status_code == 204
    assert (await client.delete(url, headers=keeper)).status_code == 404
    assert "harbours" not in (await client.get(URL, headers=keeper)).text
    again = await client.put(url, json=ALLOTMENTS, headers=keeper)
    assert (again.status_code, again.json()["version"]) == (201, 3)


async def test_no_offer_slips_in_while_its_theme_is_removed(client, database, officer):
    people = [(await person(database))[0] for _ in range(6)]
    await make(database, officer, "canals")
    removing = in_council(database, lambda s: themes.remove(s, "citytown", officer, "canals"))
    offers = [offer(database, one, theme="canals") for one in people]
    await asyncio.gather(*offers[:3], removing, *offers[3:], return_exceptions=True)
    async with database.reading("citytown") as session:
        open_still = text("SELECT count(*) FROM mandate WHERE theme = 'canals' AND status = 'offered'")
        assert await session.scalar(open_still) == 0


async def entries(visitor, language):
    """What each entry of the history shows below what happened: what it is about, and the council."""
    page = (await visitor.get(f"/identity/account/history?lang={language}")).text
    values = re.findall(r'<dd class="govuk-summary-list__value">(.*?)</dd>', page, re.DOTALL)
    return [re.split(r"\s*<br>\s*", value.strip())[1:] for value in values]


async def test_the_history_calls_a_councils_own_theme_by_its_title_also_when_it_is_removed(
    database, officer, resident, visitor
):
    await make(database, officer, "quays")
    await offer(database, resident, theme="quays")
    assert ["Moorings", "Citytown Council"] in await entries(visitor, "en")
    await in_council(database, lambda s: themes.remove(s, "citytown", officer, "quays"))
    assert (await entries(visitor, "en"))[:2] == [
        ["Moorings", "Citytown Council"]
    ] * 2  # offered, and ended by it
    assert (await entries(visitor, "cy"))[:2] == [["Angorfeydd", "Citytown Council"]] * 2
    assert "quays" not in (await visitor.get("/identity/account/history")).text


async def note(database, who, what, about, council="citytown"):
    async with database.writing() as session:
        await history.record_event(session, who, what, datetime.now(UTC), council=council, about=about)


async def test_the_history_says_plainly_what_has_no_title_and_takes_no_service_for_a_theme(
    database, officer, resident, visitor
):
    await make(database, officer, "wharves")
    for what, about in (
        ("mandate offered", "never-there"),
        ("acting accepted", "waste"),
        ("consent given", "waste"),
        ("consent given", "wharves"),
    ):
        await note(database, resident, what, about)
        await asyncio.sleep(0.002)  # ids are in order of milliseconds
    await note(database, resident, "acting ended", "wharves", "hillshire")  # it is citytown's
    assert [one[0] for one in (await entries(visitor, "en"))[:5]] == [
        "Something this council does not list",
        "wharves",
        "waste",
        "Bins and recycling",
        "Something this council does not list",
    ]


async def test_the_history_asks_once_for_the_titles_of_a_page(
    database, officer, resident, visitor, monkeypatch
):
    for number in range(5):
        await make(database, officer, f"dock-{number}")
        await note(database, resident, "mandate offered", f"dock-{number}")
    asked, titles = [], store.titles

    async def counted(session, named):
        asked.append(len(named))
        return await titles(session, named)

    monkeypatch.setattr(store, "titles", counted)
    assert len(await entries(visitor, "en")) >= 5
    assert asked == [5]
