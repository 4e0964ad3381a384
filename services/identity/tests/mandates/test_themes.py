"""Themes: a council's own beside the common ones, and what happens to mandates in a removed theme."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.problems import Problem
from identity.grants.actions import history
from identity.mandates.actions import mandates, offers, themes
from identity.mandates.rules import themes as theme_rules
from identity.mandates.schemas.themes import NewTheme
from identity.mandates.store import themes as store
from services.identity.tests.mandates.test_mandates import (
    accept_offer,
    find_mandate,
    make_mandate,
    make_offer,
    make_person,
    run_in_council,
)

URL = "/citytown/identity/v1/themes"
ALLOTMENTS = {"title": "Allotments", "title_cy": "Rhandiroedd"}


@pytest.fixture
def keeper(mint):
    return {"X-Api-Key": mint(scopes=["identity:themes", "identity:read"], sub="officer")}


def status_and_code(response):
    return response.status_code, response.json().get("code")


async def test_a_council_adds_themes_to_those_every_council_has(client, keeper):
    response = await client.put(f"{URL}/allotments", json=ALLOTMENTS, headers=keeper)
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    fields = {**ALLOTMENTS, "description": None, "description_cy": None, "minimum_level": "Cl"}
    assert response.json() == {"name": "allotments", **fields, "common": False, "version": 1}
    items = (await client.get(URL, headers=keeper)).json()["items"]
    assert [theme["name"] for theme in items if theme["common"]] == list(theme_rules.COMMON)
    assert response.json() in items
    hillshire_status = (await client.get(URL.replace("citytown", "hillshire"), headers=keeper)).status_code
    assert hillshire_status == 403


async def test_every_theme_has_a_title_in_both_languages(client, keeper):
    for missing in ("title", "title_cy"):
        body = {name: value for name, value in ALLOTMENTS.items() if name != missing}
        assert (await client.put(f"{URL}/gardens", json=body, headers=keeper)).status_code == 400
    for theme in (await client.get(URL, headers=keeper)).json()["items"]:
        assert theme["title"]
        assert theme["title_cy"]


async def test_a_change_needs_the_version_that_was_read(client, keeper):
    url = f"{URL}/markets"
    await client.put(url, json=ALLOTMENTS, headers=keeper)
    new = {"title": "Markets", "title_cy": "Marchnadoedd"}
    assert status_and_code(await client.put(url, json=new, headers=keeper)) == (428, "version-needed")
    etag = (await client.get(url, headers=keeper)).headers["ETag"]
    changed = await client.put(url, json=new, headers={**keeper, "If-Match": etag})
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "Markets", 2)
    stale = await client.put(url, json=ALLOTMENTS, headers={**keeper, "If-Match": etag})
    assert status_and_code(stale) == (412, "version-changed")


async def test_a_theme_every_council_has_is_neither_changed_nor_removed(client, keeper):
    assert status_and_code(await client.put(f"{URL}/waste", json=ALLOTMENTS, headers=keeper)) == (
        409,
        "common-theme",
    )
    assert status_and_code(await client.delete(f"{URL}/waste", headers=keeper)) == (409, "common-theme")
    assert (await client.get(f"{URL}/waste", headers=keeper)).json()["title_cy"] == "Biniau ac ailgylchu"


async def test_what_is_not_there_is_404(client, keeper):
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"{URL}/moats", headers=keeper)).status_code == 404
    stale = {**keeper, "If-Match": '"1"'}
    assert (await client.put(f"{URL}/moats", json=ALLOTMENTS, headers=stale)).status_code == 404


async def test_who_may_only_read_changes_nothing(client, mint):
    reader = {"X-Api-Key": mint(scopes=["identity:read"])}
    assert status_and_code(await client.put(f"{URL}/x-y", json=ALLOTMENTS, headers=reader)) == (
        403,
        "missing-scope",
    )
    assert status_and_code(await client.delete(f"{URL}/x-y", headers=reader)) == (403, "missing-scope")


async def test_a_council_has_a_bounded_number_of_its_own(client, keeper, monkeypatch):
    monkeypatch.setattr(themes, "MOST_THEMES", 0)
    response = await client.put(f"{URL}/one-more", json=ALLOTMENTS, headers=keeper)
    assert status_and_code(response) == (409, "too-many-themes")


LEVEL = f"{URL}/licensing/minimum-level"


async def test_a_council_raises_the_level_of_a_common_theme_and_never_lowers_it(client, keeper, mint):
    before = (await client.get(f"{URL}/licensing", headers=keeper)).json()
    assert (before["minimum_level"], before["version"]) == ("Cl.Cm", 1)
    raised = await client.put(LEVEL, json={"minimum_level": "P1.Cl.Cm"}, headers=keeper)
    assert (raised.status_code, raised.headers["ETag"]) == (200, '"2"')
    assert raised.json() == {**before, "minimum_level": "P1.Cl.Cm", "version": 2}
    assert raised.json() in (await client.get(URL, headers=keeper)).json()["items"]
    for lower in ("Cl", "Cl.Cm"):
        refused = await client.put(LEVEL, json={"minimum_level": lower}, headers=keeper)
        assert status_and_code(refused) == (409, "level-lowered")
    other = {"X-Api-Key": mint(scopes=["identity:read"], councils=["hillshire"])}
    elsewhere = await client.get(f"{URL}/licensing".replace("citytown", "hillshire"), headers=other)
    assert elsewhere.json()["minimum_level"] == "Cl.Cm"


@pytest.mark.parametrize("level", ["P0", "P3.Cl.Cm", "", "Cm", "x" * 2_000, None, 2])
async def test_a_level_that_is_none_is_refused(client, keeper, level):
    answer = await client.put(LEVEL, json={"minimum_level": level}, headers=keeper)
    assert status_and_code(answer) == (400, "invalid-request")


async def test_of_levels_raised_at_once_the_highest_is_left(client, keeper):
    url = f"{URL}/planning/minimum-level"
    await asyncio.gather(*(
        client.put(url, json={"minimum_level": level}, headers=keeper)
        for level in ("Cl.Cm", "P2.Cl.Cm", "P1.Cl.Cm", "Cl.Cm")
    ))  # fmt: skip
    assert (await client.get(f"{URL}/planning", headers=keeper)).json()["minimum_level"] == "P2.Cl.Cm"


async def test_an_own_theme_has_a_sentence_and_a_level_that_is_never_lowered(client, keeper):
    url, level = f"{URL}/piers", {"minimum_level": "Cl.Cm"}
    sentences = {"description": "See your berth.", "description_cy": "Gweld eich angorfa."}
    created = await client.put(url, json={**ALLOTMENTS, **sentences, **level}, headers=keeper)
    assert created.json().items() >= {**sentences, **level}.items()
    lower = {**ALLOTMENTS, "minimum_level": "Cl"}
    refused = await client.put(url, json=lower, headers={**keeper, "If-Match": '"1"'})
    assert status_and_code(refused) == (409, "level-lowered")
    unchanged = await client.put(url, json=ALLOTMENTS, headers={**keeper, "If-Match": '"1"'})
    assert (unchanged.json()["minimum_level"], unchanged.json()["description"]) == ("Cl.Cm", None)
    refused = await client.put(f"{url}/minimum-level", json=level, headers=keeper)
    assert status_and_code(refused) == (409, "own-theme")
    await client.delete(url, headers=keeper)
    back = await client.put(url, json=lower, headers=keeper)
    assert (back.status_code, back.json()["minimum_level"]) == (201, "Cl.Cm")
    too_long = {**ALLOTMENTS, "description": "x" * 301}
    assert (await client.put(f"{URL}/quaysides", json=too_long, headers=keeper)).status_code == 400


@pytest.fixture
async def officer(app, mint):
    return await app.state.verifier.check(mint(scopes=["identity:themes"], sub="officer"))


async def add_theme(database, officer, name):
    body = NewTheme(title="Moorings", title_cy="Angorfeydd")
    await run_in_council(database, lambda s: themes.put_theme(s, "citytown", officer, name, body, None))


async def test_a_mandate_is_given_in_a_councils_own_theme_and_in_none_that_is_unknown(
    client, database, officer
):
    principal, _ = await make_person(database)
    with pytest.raises(Problem) as refused:
        await make_offer(database, principal, theme="moorings")
    assert refused.value.errors[0].code == "unknown-theme"
    await add_theme(database, officer, "moorings")
    principal, delegate, _ = await make_mandate(database, theme="moorings")
    assert await find_mandate(database, delegate, principal, "moorings") is not None
    assert await find_mandate(database, delegate, principal, "waste") is None
    with pytest.raises(Problem):  # another council has no such theme
        request = offers.OfferRequest("moorings", datetime.now(UTC) + timedelta(days=1), "Rosa", "Ben")
        await run_in_council(
            database, lambda s: offers.offer_mandate(s, "hillshire", principal, request), council="hillshire"
        )


async def test_removing_a_theme_ends_offers_and_lets_mandates_that_hold_go_on(client, database, officer):
    await add_theme(database, officer, "ferries")
    principal, delegate, mandate_id = await make_mandate(database, theme="ferries")
    other, email = await make_person(database)
    offered, _ = await make_offer(database, principal, theme="ferries", email=email)
    in_waste, _ = await make_offer(database, principal, email=email)
    await run_in_council(database, lambda s: themes.remove_theme(s, "citytown", officer, "ferries"))
    mandate = await find_mandate(database, delegate, principal, "ferries")
    assert mandate.id == mandate_id
    with pytest.raises(Problem) as refused:
        await accept_offer(database, other, offered.id)
    assert refused.value.code == "not-found"
    assert (await accept_offer(database, other, in_waste.id)).status == "accepted"
    with pytest.raises(Problem):
        await make_offer(database, principal, theme="ferries")
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM mandate WHERE id = :id"), {"id": offered.id})
        history = text("SELECT count(*) FROM account_history WHERE account = :a AND about = 'ferries'"
                       " AND what = 'mandate ended'")  # fmt: skip
        entries = await session.scalar(history, {"a": principal})
    assert (row.status, row.ended_by, row.version, entries) == ("revoked", "council", 3, 1)
    await run_in_council(database, lambda s: mandates.revoke_mandate(s, "citytown", principal, mandate_id))
    assert await find_mandate(database, delegate, principal, "ferries") is None


async def test_a_theme_brought_back_goes_on_from_its_last_version(client, keeper):
    url = f"{URL}/harbours"
    await client.put(url, json=ALLOTMENTS, headers=keeper)
    assert (await client.delete(url, headers=keeper)).status_code == 204
    assert (await client.delete(url, headers=keeper)).status_code == 404
    assert "harbours" not in (await client.get(URL, headers=keeper)).text
    again = await client.put(url, json=ALLOTMENTS, headers=keeper)
    assert (again.status_code, again.json()["version"]) == (201, 3)


async def test_no_offer_slips_in_while_its_theme_is_removed(client, database, officer):
    people = [(await make_person(database))[0] for _ in range(6)]
    await add_theme(database, officer, "canals")
    removing = run_in_council(database, lambda s: themes.remove_theme(s, "citytown", officer, "canals"))
    offering = [make_offer(database, account_id, theme="canals") for account_id in people]
    await asyncio.gather(*offering[:3], removing, *offering[3:], return_exceptions=True)
    async with database.reading("citytown") as session:
        open_still = text("SELECT count(*) FROM mandate WHERE theme = 'canals' AND status = 'offered'")
        assert await session.scalar(open_still) == 0


async def history_entries(visitor, language):
    """List what each entry of the history shows below its first line: what it is about, and the council."""
    page = (await visitor.get(f"/identity/account/history?lang={language}")).text
    values = re.findall(r'<dd class="govuk-summary-list__value">(.*?)</dd>', page, re.DOTALL)
    return [re.split(r"\s*<br>\s*", value.strip())[1:] for value in values]


async def test_the_history_calls_a_councils_own_theme_by_its_title_also_when_it_is_removed(
    database, officer, resident, visitor
):
    await add_theme(database, officer, "quays")
    await make_offer(database, resident, theme="quays")
    assert ["Moorings", "Citytown Council"] in await history_entries(visitor, "en")
    await run_in_council(database, lambda s: themes.remove_theme(s, "citytown", officer, "quays"))
    assert (await history_entries(visitor, "en"))[:2] == [
        ["Moorings", "Citytown Council"]
    ] * 2  # offered, and ended by it
    assert (await history_entries(visitor, "cy"))[:2] == [["Angorfeydd", "Citytown Council"]] * 2
    assert "quays" not in (await visitor.get("/identity/account/history")).text


async def record_history(database, account_id, history_text, about, council="citytown"):
    async with database.writing() as session:
        await history.record_event(
            session, account_id, history_text, datetime.now(UTC), council=council, about=about
        )


async def test_the_history_says_plainly_what_has_no_title_and_takes_no_service_for_a_theme(
    database, officer, resident, visitor
):
    await add_theme(database, officer, "wharves")
    for history_text, about in (
        ("mandate offered", "never-there"),
        ("acting accepted", "waste"),
        ("consent given", "waste"),
        ("consent given", "wharves"),
    ):
        await record_history(database, resident, history_text, about)
        await asyncio.sleep(0.002)  # ids are in order of milliseconds
    await record_history(database, resident, "acting ended", "wharves", "hillshire")  # it is citytown's
    assert [entry[0] for entry in (await history_entries(visitor, "en"))[:5]] == [
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
        await add_theme(database, officer, f"dock-{number}")
        await record_history(database, resident, "mandate offered", f"dock-{number}")
    counts, list_by_name = [], store.list_by_name

    async def list_and_count(session, names):
        counts.append(len(names))
        return await list_by_name(session, names)

    monkeypatch.setattr(store, "list_by_name", list_and_count)
    assert len(await history_entries(visitor, "en")) >= 5
    assert counts == [5]
