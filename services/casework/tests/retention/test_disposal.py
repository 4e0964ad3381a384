"""Cases that are no longer kept: listed with why, signed by two, erased whole, and a tombstone is left."""

import hashlib
import json

import pytest
from sqlalchemy import text

from casework.retention.store.erasure import find_case_columns
from casework.seals.actions.verification import check_histories
from casework.shared.tables import metadata
from chassis import ids
from chassis.signed_statements import read_statement
from services.casework.tests.retention.conftest import LATER, Files, read_json, read_zip

_TOMBSTONE = text("SELECT * FROM case_tombstone WHERE case_id = :case")
_DISPOSE_ON = text("SELECT dispose_on FROM case_record WHERE id = :case")
# Tables with a case's id that refer to none: they say what became of it, when it is gone.
_OUTLIVE = {"disposal_item", "case_tombstone", "history_head"}


async def find_where(database, value):
    """Find the columns in which a value stands, in every table of the service."""
    places = set()
    async with database.writing("citytown") as session:
        tables = await session.all(text(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        ))  # fmt: skip
        for table in tables:
            statement = f"SELECT count(*) FROM {table.name} t WHERE CAST(t AS text) ILIKE :value"
            if await session.scalar(text(statement), {"value": f"%{value}%"}):
                places.add(table.name)
    return places


async def read_tombstone(database, case):
    async with database.reading("citytown") as session:
        return await session.first(_TOMBSTONE, {"case": ids.read(case["id"])})


async def test_a_case_is_due_by_its_result_and_not_while_it_is_open(desk, close_permit, now, database):
    async def find_day(case):
        async with database.reading("citytown") as session:
            day = await session.scalar(_DISPOSE_ON, {"case": ids.read(case["id"])})
        return day and day.isoformat()

    now("2028-02-29T23:30:00Z")
    case = await close_permit()
    assert await find_day(case) == "2029-02-28"  # twelve months from the leap day
    case = (await desk.act(case, "reopen")).json()
    assert await find_day(case) is None
    now("2028-06-30T23:30:00Z")  # the first of July in London
    await desk.act(case, "issue")
    assert await find_day(case) == "2029-07-01"


async def test_what_is_due_is_listed_with_why_and_nothing_else_is(records, close_permit, desk, now, run):
    case, open_case = await close_permit(), (await desk.apply()).json()
    now("2027-04-01T09:00:00Z")
    assert case["id"] not in await records.items(await records.build(run))
    now("2027-04-02T09:00:00Z")
    disposal = await records.build(run)
    items = await records.items(disposal)
    assert open_case["id"] not in items
    assert items[case["id"]] == {
        "case": case["id"],
        "reference": case["reference"],
        "case_type": "permit",
        "result": "issued",
        "closed_on": "2026-04-02",
        "due_on": "2027-04-02",
        "rule": {"from": "2026-04-02", "months": 12, "then": "destroy", "source": "Policy"},
        "state": "due",
        "reason": None,
        "deferred_until": None,
    }
    only = await records.items(await records.build(run, case_type="deed"))
    assert {item["case_type"] for item in only.values()} <= {"deed"}
    assert (await records.post("disposal-lists", due_by="2031-01-01")).status_code == 400


async def test_a_case_is_erased_whole_and_a_signed_certificate_says_so(
    records, signer, desk, close_permit, now, run, database, is_there
):
    case = await close_permit("Zebedee Quill", person="person-zebedee")
    attachment = (await Files(desk, case).add(name="zebedee.pdf")).json()
    await run()
    assert await is_there(ids.read(attachment["id"]))
    history = (await desk.get(f"cases/{case['id']}/history", limit=100)).json()["items"]
    now(LATER)
    disposal = await records.build(run)
    certificate = await signer.dispose(disposal, run)
    document = certificate["document"]
    [item] = [item for item in document["items"] if item["case"] == case["id"]]
    assert (item["state"], item["history"]) == ("destroyed", history[-1]["digest"])
    assert (document["requested_by"], document["signed_by"]) == ("records-1", "records-2")
    assert document["totals"]["destroyed"] >= 1
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert certificate["sha256"] == hashlib.sha256(canonical).hexdigest()
    key = (await records.get("seals/key"))["key"]
    signed = read_statement(certificate["statement"], key)
    assert signed == {"list": disposal["id"], "sha256": certificate["sha256"]}

    assert (await desk.get(f"cases/{case['id']}")).status_code == 404
    for words in ("zebedee", "quill", "person-zebedee"):
        assert await find_where(database, words) <= {"message"}  # which is purged when it expires, in 7 days
    assert not await is_there(ids.read(attachment["id"]))
    tombstone = await read_tombstone(database, case)
    assert (len(tombstone.contents), tombstone.digest.hex()) == (len(history), history[-1]["digest"])
    assert (await check_histories(database, "citytown")).faults == []


async def test_no_reference_of_an_erased_case_is_used_again(
    records, signer, close_permit, desk, now, run, monkeypatch
):
    case = await close_permit()
    now(LATER)
    await signer.dispose(await records.build(run), run)
    reference = case["reference"].replace("-", "")
    monkeypatch.setattr("casework.cases.actions.cases.make_reference", lambda: reference)
    response = await desk.apply()
    assert response.status_code >= 400
    monkeypatch.undo()
    assert (await desk.apply()).status_code == 201


async def test_what_is_archived_is_exported_first(records, signer, close_deed, desk, now, run, database):
    case = await close_deed("Dorothea Deed")
    await Files(desk, case).add(b"%PDF-1.7\nthe deed", name="deed.pdf")
    await run()
    now(LATER)
    disposal = await records.build(run)
    certificate = await signer.dispose(disposal, run)
    [item] = [item for item in certificate["document"]["items"] if item["case"] == case["id"]]
    path = f"disposal-lists/{disposal['id']}/items/{case['id']}/bundle"
    content = (await records.desk.get(path)).content
    assert (item["state"], item["archive"]) == ("archived", hashlib.sha256(content).hexdigest())
    files = read_zip(content)
    rows = read_json(files, "case.json")
    assert rows["case_personal"][0]["fields"] == {"who": "Dorothea Deed"}
    assert len(rows["case_entry"]) >= 2
    [file] = [name for name in files if name.endswith("as-sent")]
    assert files[file] == b"%PDF-1.7\nthe deed"
    digests = read_json(files, "manifest.json")["sha256"]
    assert {name: hashlib.sha256(files[name]).hexdigest() for name in digests} == digests
    assert await find_where(database, "Dorothea") == set()
    desk_of_manager = records.desk
    response = await desk_of_manager.client.delete(
        f"{desk_of_manager.base}/{path}", headers=desk_of_manager.headers
    )
    assert response.status_code == 204
    await run()
    assert (await desk_of_manager.get(path)).status_code == 404


async def test_a_case_goes_with_the_one_in_which_it_ended(records, signer, desk, now, run, database):
    survivor = (await desk.apply()).json()
    first, second = [(await desk.apply()).json() for _ in range(2)]
    for case, other in ((second, first), (first, survivor)):
        response = await desk.act(
            case, "merge", version=(await desk.get(f"cases/{case['id']}")).json()["version"],
            fields={"same_case": other["reference"]},
        )  # fmt: skip
        assert response.status_code == 200, response.text
    now("2027-05-01T09:00:00Z")  # over a year later the survivor is still open
    assert not {first["id"], second["id"]} & set(await records.items(await records.build(run)))
    survivor = (await desk.get(f"cases/{survivor['id']}")).json()
    response = await desk.act(survivor, "issue")
    assert response.status_code == 200, response.text
    now("2028-05-01T09:00:00Z")
    disposal = await records.build(run)
    items = await records.items(disposal)
    assert items[first["id"]]["rule"]["follows"] == survivor["reference"]
    assert items[second["id"]]["rule"]["follows"] == first["reference"]
    await signer.dispose(disposal, run)
    for case in (survivor, first, second):
        assert await read_tombstone(database, case)


async def test_a_case_waits_while_a_case_that_it_opened_is_open(records, desk, now, run):
    case = (await desk.act((await desk.apply()).json(), "visit")).json()
    [link] = case["links"]
    await desk.act(case, "issue")
    now(LATER)
    assert case["id"] not in await records.items(await records.build(run))
    child = (await desk.get(f"cases/{link['case']}")).json()
    await desk.act(child, "finish")
    assert case["id"] in await records.items(await records.build(run))


async def test_a_case_that_is_kept_stays_until_the_day_and_another_person_signs(
    records, signer, close_permit, now, run, officer, database
):
    case = await close_permit()
    now(LATER)
    disposal = await records.build(run)
    path = f"disposal-lists/{disposal['id']}/items/{case['id']}/defer"
    body = {"reason": "An appeal may come", "until": "2027-09-30"}
    assert (
        await signer.post(path, version=disposal["version"], **body | {"until": "2027-01-01"})
    ).status_code == 400
    response = await signer.post(path, version=disposal["version"], **body)
    assert response.status_code == 200, response.text
    disposal = response.json()
    for manager in (records, signer):
        response = await manager.sign(disposal)
        assert (response.status_code, response.json()["code"]) == (403, "signed-by-another")
    third = type(records)(await officer("records-3", "records_manager"))
    certificate = await third.dispose(disposal, run)
    [item] = [item for item in certificate["document"]["items"] if item["case"] == case["id"]]
    assert (item["state"], item["deferred_until"], item["deferred_by"]) == (
        "deferred",
        "2027-09-30",
        "records-2",
    )
    assert await read_tombstone(database, case) is None
    assert case["id"] not in await records.items(await records.build(run))
    now("2027-10-01T09:00:00Z")
    assert case["id"] in await records.items(await records.build(run))


async def test_no_software_and_no_other_staff_dispose_of_anything(desk, officer, records, run, now):
    now(LATER)
    disposal = await records.build(run)
    stranger = await officer("crew-1", "officer")
    for client in (desk, stranger):
        assert (await client.post("disposal-lists")).status_code == 403
        assert (await client.get("disposal-lists")).status_code == 403
        assert (await client.get(f"disposal-lists/{disposal['id']}/items")).status_code == 403
        assert (await client.post("holds", case_type="permit", reason="None at all")).status_code == 403
        headers = client.headers | {"If-Match": f'"{disposal["version"]}"'}
        path = f"{client.base}/disposal-lists/{disposal['id']}/sign"
        assert (await client.client.post(path, headers=headers)).status_code == 403


async def test_a_list_is_signed_once_and_one_that_is_withdrawn_never(records, signer, run, now):
    now(LATER)
    disposal = await records.build(run)
    stale = disposal | {"version": disposal["version"] + 1}
    assert (await signer.sign(stale)).status_code == 412
    path = f"disposal-lists/{disposal['id']}/withdraw"
    assert (await records.post(path, version=disposal["version"])).status_code == 200
    assert (await signer.sign(stale)).status_code == 409


async def test_a_case_opened_again_since_it_was_listed_stays(
    records, signer, close_permit, desk, now, run, database
):
    case = await close_permit()
    now(LATER)
    disposal = await records.build(run)
    assert (await desk.act(case, "reopen")).status_code == 200
    certificate = await signer.dispose(disposal, run)
    [item] = [item for item in certificate["document"]["items"] if item["case"] == case["id"]]
    assert item["state"] == "not_due"
    assert await read_tombstone(database, case) is None


async def test_a_certificate_is_printed_as_a_page_and_a_table(records, signer, close_permit, now, run):
    case = await close_permit()
    now(LATER)
    disposal = await records.build(run)
    await signer.dispose(disposal, run)
    base = f"disposal-lists/{disposal['id']}/certificate"
    page = await records.desk.get(f"{base}.html")
    assert page.headers["content-type"].startswith("text/html")
    assert case["reference"] in page.text
    table = (await records.desk.get(f"{base}.csv")).text
    assert table.splitlines()[0].startswith("reference,case_type")
    assert case["reference"] in table


async def test_a_list_is_disposed_of_batch_by_batch(
    records, signer, close_permit, now, run, database, monkeypatch
):
    cases = [await close_permit(f"Ann Number{n}") for n in range(3)]
    now(LATER)
    disposal = await records.build(run)
    monkeypatch.setattr("casework.retention.actions.disposals._ERASED", 1)
    await signer.dispose(disposal, run)
    for case in cases:
        assert await read_tombstone(database, case)


@pytest.mark.parametrize("subject", ["case", "person", "case_type"])
async def test_a_hold_stops_disposal_until_it_is_lifted(
    records, signer, close_permit, now, run, database, subject
):
    case = await close_permit(person=f"held-{subject}")
    now(LATER)
    disposal = await records.build(run)
    about = {"case": case["id"], "person": f"held-{subject}", "case_type": "permit"}
    hold = await records.hold(**{subject: about[subject]})
    certificate = await signer.dispose(disposal, run)
    [item] = [item for item in certificate["document"]["items"] if item["case"] == case["id"]]
    assert item["state"] == "on_hold"
    assert await read_tombstone(database, case) is None
    path = f"holds/{hold['id']}/lift"
    response = await signer.post(path, version=hold["version"], reason="It was dismissed")
    assert response.status_code == 200, response.text
    assert response.json()["lift_reason"] == "It was dismissed"
    assert (await signer.post(path, version=2, reason="Once more")).status_code == 409
    await signer.dispose(await records.build(run), run)
    assert await read_tombstone(database, case)


async def test_a_hold_of_a_case_is_in_its_history_without_the_reason(records, close_permit, desk):
    case = await close_permit()
    await records.hold(case=case["id"])
    history = (await desk.get(f"cases/{case['id']}/history", limit=100)).json()["items"]
    assert (history[-1]["kind"], history[-1]["act"]) == ("hold", "place")
    assert "Judicial" not in json.dumps(history)
    assert (await records.post("holds", case=case["id"], person="p", reason="Both")).status_code == 400


def test_every_table_with_a_case_goes_with_it():
    erased = {table.name for table in find_case_columns()}
    with_case = {table.name for table in metadata.tables.values() if "case_id" in table.c}
    assert with_case - erased - _OUTLIVE == set()
