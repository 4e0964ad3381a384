"""The page of what happened to an account."""

import ast
import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

import identity
from identity.accounts.rules import factors
from identity.closure.actions import close_account
from identity.grants.actions import history
from identity.mandates.actions import mandates
from identity.self_service.routes.history import METHODS, TEXTS, describe_event
from services.identity.tests import mandate_steps, provider
from services.identity.tests.provider import create_person, register

_SERVICE = Path(identity.__file__).parent
# The functions that record events, and the index of the argument that names the event.
_RECORDERS = {
    "mandates.record_history": 3,
    "accounts.record_event": 3,
    "accounts.record_change": 3,
    "history.record": 2,
}
_RECORDERS_BY_FILE = {
    "accounts.py": {"record_event": 3, "record_change": 3},
    "mandates.py": {"record_history": 3},
}


def _list_recorded_events():
    """List every event that the code records, with the file that does."""
    for path in sorted([*_SERVICE.glob("*/actions/*.py"), *_SERVICE.glob("*/actions.py")]):
        recorders = {**_RECORDERS, **_RECORDERS_BY_FILE.get(path.name, {})}
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in recorders:
                argument = call.args[recorders[ast.unparse(call.func)]]
                for node in ast.walk(argument):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield path.name, node.value


def test_every_recorded_event_has_a_text():
    events = list(_list_recorded_events())
    assert len(events) >= 18, "the functions that record events have other names now"
    assert [(file, event) for file, event in events if event not in TEXTS] == []


def test_every_factor_has_a_name():
    names = {value for name, value in vars(factors).items() if name.isupper() and isinstance(value, str)}
    assert names - {factors.ONE_FACTOR, factors.TWO_FACTORS} == set(METHODS)


@pytest.mark.parametrize(
    ("event", "english", "welsh"),
    [
        ("passkey added", "A passkey was added", "Ychwanegwyd allwedd mynediad"),
        ("signed in by email and totp", "You signed in by email code, authenticator app",
         "Fe wnaethoch fewngofnodi gyda cod e-bost, ap dilysu"),
        ("signed in on a new device by passkey", "You signed in on a new device, by passkey",
         "Fe wnaethoch fewngofnodi ar ddyfais newydd, gyda allwedd mynediad"),
    ],
)  # fmt: skip
def test_events_are_described_in_both_languages(event, english, welsh):
    assert (describe_event(event, "en"), describe_event(event, "cy")) == (english, welsh)


async def read_page(tab, path="/identity/account/history"):
    page = await tab.get(path)
    assert page.status_code == 200, page.text
    return page.text


async def test_sign_ins_and_changes_are_shown_with_the_device_newest_first(
    newcomer, signed_in_again, browser
):
    tab = await newcomer("hist@people.example")
    await signed_in_again("hist@people.example", browser(agent="Mozilla/5.0 (iPhone) Safari/605"))
    await tab.post("/identity/account/password", password="kettle orange window")
    page = await read_page(tab)
    order = [
        "Your password was set",
        "You signed in on a new device, by email code",
        "You opened your account",
    ]
    positions = [page.index(text) for text in order]
    assert positions == sorted(positions)
    assert re.search(r"on a new device, by email code.{0,60}Safari iPhone", page, re.DOTALL)
    assert "/identity/account/history" in await read_page(tab, "/identity/account")


async def test_consents_are_shown_with_service_and_council(visitor, resident, database):
    service = await register(database, first_party=False)
    await provider.get_code(visitor, service)
    await visitor.get("/identity/account/services")
    services = await visitor.get("/identity/account/services")
    path = re.search(r'action="(/identity/account/services/[^"]+/end)"', services.text)[1]
    csrf = re.search(r'name="csrf" value="([^"]+)"', services.text)[1]
    await visitor.post(path, data={"csrf": csrf}, headers={"Origin": "http://test.invalid"})
    page = await read_page(visitor)
    name = f"Bins {service.client_id[-6:]}"
    for event in ("You agreed to share details", "You took back what a service"):
        assert re.search(rf"{event}.{{0,80}}{name}\s*<br>\s*Citytown", page, re.DOTALL), page


async def test_mandates_are_shown_to_both_sides_without_names(database, resident, visitor, app):
    delegate = await create_person(database, email="sam@example.invalid")
    row = await mandate_steps.give(database, resident, delegate, "sam@example.invalid", theme="council-tax")
    async with database.writing("citytown") as session:
        await mandates.revoke_mandate(session, "citytown", resident, row.id)
        theirs = [event.what for event in await history.list_page(session, delegate, None, 10)]
    page = await read_page(visitor, "/identity/account/history?lang=cy")
    assert "Fe wnaethoch ofyn i rywun weithredu drosoch" in page
    assert "Derbyniodd rhywun weithredu drosoch" in page
    assert "Treth gyngor" in page
    assert "Example" not in page
    assert theirs == ["acting ended", "acting accepted"]


async def test_a_long_history_is_paged(visitor, resident, database):
    async with database.writing() as session:
        for number in range(7):
            await history.record_event(
                session, resident, "email", datetime(2026, 7, 1, 12, number, tzinfo=UTC)
            )
            await asyncio.sleep(0.002)  # ids are in order of milliseconds
    first = await read_page(visitor, "/identity/account/history?limit=5")
    older = re.search(r'href="(/identity/account/history\?after=[^"]+)"', first)[1]
    last = await read_page(visitor, older)
    times = [re.findall(r"1 July 2026, \d\d:\d\d", page) for page in (first, last)]
    assert times == [
        [f"1 July 2026, 13:0{n}" for n in (6, 5, 4, 3, 2)],
        ["1 July 2026, 13:01", "1 July 2026, 13:00"],
    ]
    assert "Older" not in last


async def test_the_history_of_another_account_is_not_shown(visitor, resident, database):
    other = await create_person(database)
    async with database.writing() as session:
        await history.record_event(session, other, "passkey removed", datetime.now(UTC))
    assert "passkey" not in await read_page(visitor)


async def test_the_history_requires_signing_in(browser):
    response = await browser().get("/identity/account/history")
    assert (response.status_code, response.headers["location"]) == (303, "/identity/sign-in?then=history")


async def test_a_closed_account_keeps_events_without_personal_data(app, newcomer, account_of, database):
    await newcomer("gone-history@people.example")
    account = await account_of("gone-history@people.example")
    async with database.writing() as session:
        await history.record_event(
            session,
            account,
            "consent given",
            datetime.now(UTC),
            device="Safari",
            about="Bins",
            council="citytown",
        )
    async with database.writing() as session:
        await close_account(session, app.state.auth, account)
    async with database.reading() as session:
        rows = await session.all(text("SELECT * FROM account_history WHERE account = :id"), {"id": account})
    assert {row.what for row in rows} >= {"opened", "consent given", "closed"}
    assert {(row.device, row.about) for row in rows} == {("", "")}
