"""Two councils become one: records, seals, slots, teams, words and figures of both are the successor's.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

from datetime import datetime

import pytest
from sqlalchemy import text

from casework.office.store.staff import save_name
from casework.retention.actions.disposals import make_signer
from casework.seals.actions.nightly_seals import SealHistory
from casework.seals.actions.verification import check_histories
from chassis import clock
from chassis.jobs import enqueue
from chassis.jobs.runner import JobRunner
from services.casework.tests.attachments.conftest import Files
from services.casework.tests.cases import types
from services.casework.tests.cases.conftest import SCOPES, Desk
from services.casework.tests.retention.conftest import Records
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"
# Tables of which both councils have rows when they merge.
_FILLED = {
    *("case_record", "case_personal", "case_entry", "case_entry_personal", "case_clock", "case_task"),
    *("case_contact", "case_place", "case_note", "case_words", "case_figure", "case_type_version"),
    *("legal_hold", "disposal_list", "disposal_item", "disposal_certificate", "case_tombstone"),
    *("history_seal", "history_head", "person_export", "attachment", "slot_pool", "slot_window"),
    *("slot_booking", "team", "team_area", "role_holder", "office_staff", "message", "audit"),
}
# Keys that both councils chose alike, and what the merger decides before.
_COLLIDING = {
    "pk_team": [("north",)],
    "pk_team_area": [("castle", "permit")],
    "pk_office_staff": [("anna",)],
    "pk_role_holder": [("records-1",), ("records-2",)],
    "uq_slot_pool_area": [("", "plots")],
    "uq_case_type_version_number": [("permit", "1.0"), ("visit", "1.0")],
    "uq_case_type_version_published": [("permit",), ("visit",)],
}
_DECISIONS = (
    "UPDATE case_type_version SET number = number || '-north', state = 'retired' WHERE council = 'hillshire'",
    "UPDATE slot_pool SET pool = 'plots_north' WHERE council = 'hillshire'",
    "DELETE FROM office_staff WHERE council = 'hillshire'",
    "DELETE FROM role_holder WHERE council = 'hillshire'",
    "UPDATE team_area SET area = 'castle north' WHERE council = 'hillshire'",
    "SET CONSTRAINTS ALL DEFERRED",
    "UPDATE team_area SET team = 'north-2' WHERE council = 'hillshire'",
    "UPDATE team SET code = 'north-2' WHERE council = 'hillshire'",
)
_SUCCESSOR = text("""INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1,
    updated_at FROM council WHERE slug = 'citytown'""")
_WEEK = {"friday": [{"starts": "09:00", "ends": "12:00", "capacity": 2}]}
_OPENED, _SEALED, _DUE = "2026-04-02T09:00:00Z", "2026-04-03T09:00:00Z", "2027-06-01T09:00:00Z"


@pytest.fixture(scope="module")
def time():
    """Set the time of this module's tests."""
    moments = [clock.now()]
    with clock.reading(lambda: moments[-1]):
        yield lambda moment: moments.append(datetime.fromisoformat(moment))


class Town:
    """A council with its staff, one hand on everything."""

    def __init__(self, client, mint, database, settings, service, council):
        self.client, self.mint, self.database, self.council = client, mint, database, council
        self.runner = JobRunner("casework", service.all_jobs, [], database, settings, clock=clock.now)
        self.desk = self.open_desk()

    def open_desk(self, **claims):
        token = self.mint(scopes=SCOPES, councils=[self.council], exp=4_000_000_000, **claims)
        return Desk(self.client, {"Authorization": f"Bearer {token}"}, self.council)

    async def run(self):
        await self.runner.drain()

    async def seal(self):
        async with self.database.writing(self.council) as session:
            await enqueue(session, SealHistory(), council=self.council)
        await self.run()

    def records(self, name):
        return Records(self.open_desk(sub=name, client_id="office"))

    async def open(self):
        """Publish types, set up teams and slots, and open a case that ends and one that stays."""
        live = self.open_desk(mode="live")
        await live.publish("visit", "1.0", types.VISIT, types.VISIT_WELSH, headers=live.headers)
        await live.publish("permit", "1.0", types.PERMIT, types.WELSH, headers=live.headers)
        team = {"name": "North", "members": ["anna"], "areas": [{"area": "Castle", "case_type": "permit"}]}
        response = await self.client.put(f"{live.base}/teams/north", json=team, headers=live.headers)
        assert response.status_code in {200, 201}, response.text
        pool = await live.post("slot-pools", pool="plots", name="Plots", week=_WEEK)
        assert pool.status_code == 201, pool.text
        [slot, *_] = (await self.desk.get("slots", pool="plots")).json()["items"]
        hold = await self.desk.post("slot-holds", slot=slot["slot"], submission="form-1")
        assert hold.status_code == 201, hold.text
        for name in ("records-1", "records-2"):
            path = f"{self.desk.base}/role-holders/{name}"
            await self.client.put(path, json={"roles": ["records_manager"]}, headers=self.desk.headers)
        async with self.database.writing(self.council) as session:
            await save_name(session, self.council, "anna", f"Anna of {self.council[0]}")
        self.cases = [await self.apply(n) for n in range(2)]
        await self.desk.act(self.cases[0], "issue")

    async def apply(self, n):
        location = {"lat": 51.5, "long": -0.1}
        contact = {"email": f"ann-{n}@example.org"}
        response = await self.desk.apply(f"Ann {n}", person="person-1", contact=contact, location=location)
        assert response.status_code == 201, response.text
        case = response.json()
        await self.desk.post(f"cases/{case['id']}/notes", text="Quokka rang.")
        await Files(self.desk, case).add(name="a.pdf")
        return (await self.desk.get(f"cases/{case['id']}")).json()

    async def dispose(self):
        """Dispose of the case that ended, hold the other, and put together what is held of a person."""
        first, second = self.records("records-1"), self.records("records-2")
        self.disposal = await first.build(self.run)
        self.certificate = await second.dispose(self.disposal, self.run)
        self.hold = await first.hold(case=self.cases[1]["id"])
        export = await first.post("personal-data-exports", person="person-1")
        await self.run()
        self.export = await first.get(f"personal-data-exports/{export.json()['id']}")


@pytest.fixture(scope="module")
async def towns(client, mint, database, settings, service, time):
    """Two councils that have lived for a year, merged."""
    towns = [Town(client, mint, database, settings, service, council) for council in COUNCILS]
    for moment, act in ((_OPENED, Town.open), (_SEALED, Town.seal), (_DUE, Town.dispose)):
        time(moment)
        for town in towns:
            await act(town)
            await town.run()
    async with database.reading() as session:
        await session.set_all_councils()
        for table in sorted(_FILLED):
            councils = await session.all(text(f"SELECT DISTINCT council FROM {table}"))
            assert {row.council for row in councils} >= set(COUNCILS), table
        assert await find_collisions(session, COUNCILS) == _COLLIDING
    async with database.writing() as session:
        await session.execute(_SUCCESSOR, {"new": SUCCESSOR})
        await session.set_all_councils()
        for decision in _DECISIONS:
            await session.execute(text(decision))
    await rekey(database, COUNCILS, SUCCESSOR)
    return towns


@pytest.fixture(scope="module")
def merged(client, mint, database, settings, service, towns):
    return Town(client, mint, database, settings, service, SUCCESSOR)


async def test_records_of_both_are_kept_on_by_the_successor(merged, towns):
    manager = merged.records("records-1")
    for town in towns:
        assert (await manager.get(f"disposal-lists/{town.disposal['id']}"))["state"] == "done"
        items = await manager.items(town.disposal)
        assert items[town.cases[0]["id"]]["state"] == "destroyed"
        assert await manager.get(f"holds/{town.hold['id']}") == town.hold
        assert await manager.get(f"personal-data-exports/{town.export['id']}") == town.export
        content = await manager.desk.get(f"personal-data-exports/{town.export['id']}/content")
        assert content.status_code == 200
        assert (await town.records("records-1").desk.get("disposal-lists")).json().get("items", []) == []


async def test_a_hold_and_a_spent_reference_bind_the_successor(merged, towns, monkeypatch):
    reference = towns[1].cases[0]["reference"].replace("-", "")
    with monkeypatch.context() as patch:
        patch.setattr("casework.cases.actions.cases.make_reference", lambda: reference)
        assert (await merged.desk.apply()).status_code >= 400
    case = (await merged.desk.get(f"cases/{towns[1].cases[1]['id']}")).json()
    assert (await merged.desk.act(case, "issue")).status_code == 200
    manager = merged.records("records-1")
    hold = towns[1].hold
    response = await manager.post(f"holds/{hold['id']}/lift", version=hold["version"], reason="It is over")
    assert response.status_code == 200, response.text


async def test_slots_teams_and_words_of_both_are_the_successors(merged, towns):
    pools = (await merged.desk.get("slot-pools")).json()["items"]
    assert sorted(pool["pool"] for pool in pools) == ["plots", "plots_north"]
    teams = (await merged.desk.get("teams")).json()["items"]
    assert [(team["code"], team["areas"][0]["area"].lower()) for team in teams] == [
        ("north", "castle"),
        ("north-2", "castle north"),
    ]
    items = (await merged.desk.post("case-searches", words="quokka")).json()["items"]
    assert {item["id"] for item in items} == {town.cases[1]["id"] for town in towns}


async def test_histories_and_seals_of_both_hold_under_the_successor(merged, towns, settings, database, time):
    key = make_signer(settings).public_key()
    check = await check_histories(database, SUCCESSOR, key=key)
    assert (check.faults, check.cases >= 2, check.erased, check.seals) == ([], True, 2, 0)
    for council in COUNCILS:  # its chain of seals ends with it, and still holds
        check = await check_histories(database, council, key=key)
        assert (check.faults, check.cases, check.seals > 0) == ([], 0, True)
    time("2027-06-03T09:00:00Z")
    await merged.seal()
    check = await check_histories(database, SUCCESSOR, key=key)
    assert (check.faults, check.seals > 0) == ([], True)
    seals = (await merged.desk.get("seals")).json()["items"]
    assert seals[0]["heads"] >= 2


async def test_no_key_collides_and_no_slug_is_left(database, towns):
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
