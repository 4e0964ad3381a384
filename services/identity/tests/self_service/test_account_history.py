"""What people see of what happened to their accounts."""

import ast
import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import identity
from identity.accounts.rules import factors
from identity.grants.actions import history
from identity.mandates.actions import mandates, offers
from identity.self_service.actions import close_account
from identity.self_service.routes.history import TEXTS, WAYS, words
from services.identity.tests import provider
from services.identity.tests.provider import person, register

_SERVICE = Path(identity.__file__).parent
# The functions that keep what happened, and where its name stands among what they are given.
_KEEP = {"accounts.record": 3, "accounts.changed": 3, "history.record": 2}
_KEEP_HERE = {"accounts.py": {"record": 3, "changed": 3}, "mandates.py": {"_note": 3}}


def _kept():
    """Where the code keeps what happened, and every name of it that stands there."""
    for path in sorted([*_SERVICE.glob("*/actions/*.py"), *_SERVICE.glob("*/actions.py")]):
        keep = {**_KEEP, **_KEEP_HERE.get(path.name, {})}
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in keep:
                given = call.args[keep[ast.unparse(call.func)]]
                for one in ast.walk(given):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield path.name, one.value


def test_everything_that_is_kept_has_a_text():
    kept = list(_kept())
    assert len(kept) >= 18, "the functions that keep what happened are called otherwise now"
    assert [(where, what) for where, what in kept if what not in TEXTS] == []


def test_every_factor_is_called_something():
    names = {value for name, value in vars(factors).items() if name.isupper() and isinstance(value, str)}
    assert names - {factors.ONE_FACTOR, factors.TWO_FACTORS} == set(WAYS)


@pytest.mark.parametrize(
    ("what", "english", "welsh"),
    [
        ("passkey added", "A passkey was added", "Ychwanegwyd allwedd mynediad"),
        ("signed in by email and totp", "You signed in by email code, authenticator app",
         "Fe wnaethoch fewngofnodi gyda cod e-bost, ap dilysu"),
        ("signed in on a new device by passkey", "You signed in on a new device, by passkey",
         "Fe wnaethoch fewngofnodi ar ddyfais newydd, gyda allwedd mynediad"),
    ],
)  # fmt: skip
def test_it_is_said_in_both_languages(what, english, welsh):
    assert (words(what, "en"), words(what, "cy")) == (english, welsh)


async def shown(tab, path="/identity/account/history"):
    page = await tab.get(path)
    assert page.status_code == 200, page.text
    return page.text


async def test_sign_ins_and_changes_are_shown_with_the_device_the_newest_first(
    newcomer, signed_in_again, browser
):
    tab = await newcomer("hist@people.example")
    await signed_in_again("hist@people.example", browser(agent="Mozilla/5.0 (iPhone) Safari/605"))
    await tab.post("/identity/account/password", password="kettle orange window")
    page = await shown(tab)
    order = [
        "Your password was set",
        "You signed in on a new device, by email code",
        "You opened your account",
    ]
    places = [page.index(one) for one in order]
    assert places == sorted(places)
    assert re.search(r"on a new device, by email code.{0,60}Safari iPhone", page, re.DOTALL)
    assert "/identity/account/history" in await shown(tab, "/identity/account")


async def test_consents_are_shown_with_the_service_and_the_council(visitor, resident, database):
    service = await register(database, first_party=False)
    await provider.code_of(visitor, service)
    await visitor.get("/identity/account/services")
    listed = await visitor.get("/identity/account/services")
    path = re.search(r'action="(/identity/account/services/[^"]+/end)"', listed.text)[1]
    csrf = re.search(r'name="csrf" value="([^"]+)"', listed.text)[1]
    await visitor.post(path, data={"csrf": csrf}, headers={"Origin": "http://test.invalid"})
    page = await shown(visitor)
    name = f"Bins {service.client_id[-6:]}"
    for what in ("You agreed to share details", "You took back what a service"):
        assert re.search(rf"{what}.{{0,80}}{name}\s*<br>\s*Citytown", page, re.DOTALL), page


async def test_mandates_are_shown_to_both_sides_without_names(database, resident, visitor, app):
    delegate, ends = await person(database), datetime.now(UTC) + timedelta(days=300)
    async with database.writing("citytown") as session:
        offer = offers.OfferRequest("council-tax", ends, "Rosa Canary", "Sam Canary")
        row, code = await offers.offer_mandate(session, "citytown", resident, offer)
        await offers.accept_by_code(session, "citytown", delegate, code)
        await mandates.revoke_mandate(session, "citytown", resident, row.id)
        theirs = [one.what for one in await history.page(session, delegate, None, 10)]
    page = await shown(visitor, "/identity/account/history?lang=cy")
    assert "Fe wnaethoch ofyn i rywun weithredu drosoch" in page
    assert "Derbyniodd rhywun weithredu drosoch" in page
    assert "Treth gyngor" in page
    assert "Canary" not in page
    assert theirs == ["acting ended", "acting accepted"]


async def test_a_long_history_comes_in_pages(visitor, resident, database):
    async with database.writing() as session:
        for number in range(7):
            await history.record(session, resident, "email", datetime(2026, 7, 1, 12, number, tzinfo=UTC))
            await asyncio.sleep(0.002)  # ids are in order of milliseconds
    first = await shown(visitor, "/identity/account/history?limit=5")
    older = re.search(r'href="(/identity/account/history\?after=[^"]+)"', first)[1]
    last = await shown(visitor, older)
    said = [re.findall(r"1 July 2026, \d\d:\d\d", page) for page in (first, last)]
    assert said == [
        [f"1 July 2026, 13:0{n}" for n in (6, 5, 4, 3, 2)],
        ["1 July 2026, 13:01", "1 July 2026, 13:00"],
    ]
    assert "Older" not in last


async def test_nobody_sees_anothers_history(visitor, resident, database):
    other = await person(database)
    async with database.writing() as session:
        await history.record(session, other, "passkey removed", datetime.now(UTC))
    assert "passkey" not in await shown(visitor)


async def test_who_is_not_signed_in_signs_in_first(browser):
    answer = await browser().get("/identity/account/history")
    assert (answer.status_code, answer.headers["location"]) == (303, "/identity/sign-in?then=history")


async def test_a_closed_account_keeps_bare_facts_alone(app, newcomer, account_of, database):
    await newcomer("gone-history@people.example")
    who = await account_of("gone-history@people.example")
    async with database.writing() as session:
        await history.record(
            session,
            who,
            "consent given",
            datetime.now(UTC),
            device="Safari",
            about="Bins",
            council="citytown",
        )
    async with database.writing() as session:
        await close_account(session, app.state.auth, who)
    async with database.reading() as session:
        rows = await session.all(text("SELECT * FROM account_history WHERE account = :id"), {"id": who})
    assert {row.what for row in rows} >= {"opened", "consent given", "closed"}
    assert {(row.device, row.about) for row in rows} == {("", "")}
