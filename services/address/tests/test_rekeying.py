"""Two councils become one: their gazetteers are the successor's, and nobody who uses them notices.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from address.loading.actions import command
from chassis.commands import ExitCode
from chassis.testing import eventually, published
from services.address.tests.batches.batch_worker import make_runner
from services.address.tests.council_data import (
    Town,
    create_town,
    headers_of,
    read_all,
    read_rows,
    send_batch,
    write_rows,
)
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = {"citytown": "north", "hillshire": "south"}, "mergeshire"
DOCUMENT = json.loads((Path(__file__).parents[3] / "contracts/openapi/address.json").read_text())
# Of the whole region, by chance, or with a test of its own (ranges).
NOT_A_COUNCILS = re.compile(r"/outcodes|/ping$|/random/|/lon/|/nearest$|/v1/council$|/ranges$")
READS = [
    path for path, operations in DOCUMENT["paths"].items()
    if "get" in operations and (path.endswith("places/v1/nearest") or not NOT_A_COUNCILS.search(path))
]  # fmt: skip
# What a successor says of itself: its custodian, the edition of its gazetteer, its district.
OWN = re.compile(
    r'"(LOCAL_CUSTODIAN_CODE_DESCRIPTION|LOCAL_CUSTODIAN_CODE|epoch|lastupdate|admin_district|country|region'
    r"""|COUNTRY_CODE|COUNTRY_CODE_DESCRIPTION)": ("[^"]*"|[^",}]*),? ?"""
)
COPIED = {
    "pk_blpu", "pk_history", "pk_street", "pk_street_descriptor", "pk_street_history", "pk_search_group",
    "pk_search_word",
}  # fmt: skip
NEW_COUNCIL = "INSERT INTO council (slug, name, gss, region, version) VALUES (:to, :to, 'E06000066', 'x', 1)"
NEW_GAZETTEER = """INSERT INTO gazetteer
    (council, custodian, custodian_name, country, epoch, last_update, keys_given)
    VALUES (:to, 3300, 'MERGESHIRE', 'E', 0, current_date, 0)"""


@pytest.fixture(scope="module")
async def merged(app, client, database, settings, mint, tmp_path_factory):
    """Two towns with data, read, and then merged: what was there before."""
    folder = tmp_path_factory.mktemp("towns")
    before = SimpleNamespace(towns=[], answers=[], folder=folder)
    for number, (council, label) in enumerate(COUNCILS.items()):
        town = Town(council, label, read_rows(council))
        await create_town(client, settings, mint, folder, town, first_number=91_000_001 + 1_000 * number)
        before.towns.append(town)
    await match_waiting(client, database, settings, mint, before.towns)
    for town in before.towns:
        before.answers.append(await read_all(client, mint, READS, town, town.council))
    first = before.towns[0]
    before.page = await read_changes(client, mint, first.council, limit=10)
    before.waiting = await send_batch(client, mint, first, first.council)
    async with database.writing() as session:
        for statement in (NEW_COUNCIL, NEW_GAZETTEER):
            await session.execute(text(statement), {"to": SUCCESSOR})
    await rekey(database, COUNCILS, SUCCESSOR)
    await eventually(lambda: SUCCESSOR in app.state.directory.councils)
    return before


async def match_waiting(client, database, settings, mint, towns, council=None):
    """Run the jobs of batches; each town's batch is done then."""
    await make_runner(database, settings).drain()
    for town in towns:
        url = f"/{council or town.council}/address/v1/match/batches/{town.objects['batch']}"
        answer = await client.get(url, headers=headers_of(mint, council or town.council))
        assert answer.json()["status"] == "finished"


async def read_changes(client, mint, council, **query):
    answer = await client.get(
        f"/{council}/address/v1/changes", params=query, headers=headers_of(mint, council)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def rename(answer, council):
    """An answer as it must be after the merge."""
    renamed = re.sub(rf"(?<=[/\"]){council}(?=[/\"])", SUCCESSOR, json.dumps(answer))
    return json.loads(OWN.sub("", renamed))


def rows_of(answer):
    """The rows of a list, as comparable texts; None for what is no list."""
    if not isinstance(answer, dict):
        return None
    rows = next((answer[name] for name in ("items", "results", "result") if name in answer), None)
    return {json.dumps(row, sort_keys=True) for row in rows} if isinstance(rows, list) else None


async def test_every_read_of_both_answers_under_the_successor(client, mint, merged):
    for town, answers in zip(merged.towns, merged.answers, strict=True):
        after = await read_all(client, mint, READS, town, SUCCESSOR)
        for path, answer in answers.items():
            expected, actual = rename(answer, town.council), rename(after[path], SUCCESSOR)
            if rows_of(expected) is None:
                assert actual == expected, path
            else:
                assert rows_of(expected), path
                assert rows_of(expected) <= rows_of(actual), path


async def test_a_cursor_of_the_feed_goes_on_where_it_stopped(client, mint, merged):
    """And of the other council it tells what came later, which is what a reader of one did not see before."""
    rest = await read_changes(client, mint, SUCCESSOR, after=merged.page["next"], limit=500)
    first = {row["uprn"] for row in merged.towns[0].rows}
    changes = [
        (item["type"], item["subject"], item["sequence"]) for item in merged.page["items"] + rest["items"]
    ]
    assert len(changes) == len(set(changes))
    assert first <= {subject for _, subject, _ in changes}


async def test_a_change_after_the_merge_is_the_next_of_the_property_and_told_as_the_successors(
    client, mint, database, merged
):
    uprn, headers = merged.towns[1].rows[1]["uprn"], headers_of(mint, SUCCESSOR)
    url = f"/{SUCCESSOR}/address/v1/addresses/{uprn}"
    tag = (await client.get(url, headers=headers)).headers["ETag"]
    changed = await client.patch(url, json={"state": 2}, headers=headers | {"If-Match": tag})
    assert changed.status_code == 200, changed.text
    history = (await client.get(f"{url}/history", headers=headers)).json()["items"]
    assert [entry["version"] for entry in history] == [2, 1]
    *_, before, last = [event for event in await published(database) if event.subject == uprn]
    assert (before.council, before.sequence) == ("hillshire", 1)
    assert (last.council, last.type, last.sequence) == (SUCCESSOR, "address.property.changed.v1", 2)


async def test_work_that_waited_is_done_for_the_successor(client, database, settings, mint, merged):
    town = Town(merged.towns[0].council, "north", merged.towns[0].rows, {"batch": merged.waiting["id"]})
    await match_waiting(client, database, settings, mint, [town], SUCCESSOR)
    url = f"/{SUCCESSOR}/address/v1/match/batches/{merged.waiting['id']}/results"
    results = await client.get(url, headers=headers_of(mint, SUCCESSOR))
    assert town.first["uprn"] in results.text


async def test_a_new_number_comes_from_the_ranges_of_either(client, mint, merged):
    headers = headers_of(mint, SUCCESSOR)
    answer = await client.get(f"/{SUCCESSOR}/address/v1/ranges", headers=headers)
    assert len(answer.json()["uprn"]) == 2
    body = {"description": "UNION STREET", "town": "NEWTON"}
    street = await client.post(f"/{SUCCESSOR}/address/v1/streets", json=body, headers=headers)
    assert street.status_code == 201, street.text
    assert 91_000_001 <= int(street.json()["usrn"]) <= 91_000_010


async def test_a_token_from_before_the_merge_is_for_a_council_without_rows(client, mint, merged):
    """Today's answer. The directory of predecessors, which will mean the successor, is not built yet."""
    uprn, headers = merged.towns[0].first["uprn"], headers_of(mint, "citytown")
    answer = await client.get(f"/{SUCCESSOR}/address/v1/addresses/{uprn}", headers=headers)
    assert answer.status_code == 403
    assert (await client.get(f"/citytown/address/v1/addresses/{uprn}", headers=headers)).status_code == 404


async def test_no_value_but_the_known_ones_has_a_slug(database, merged):
    async with database.reading() as session:
        assert (
            await find_slugs(session, COUNCILS) - {"council.slug", "idempotency.answer", "load.file"} == set()
        )


async def test_copies_of_a_neighbours_property_collide_and_stay_with_who_copied_them(
    client, settings, mint, database, merged
):
    """A council keeps a few properties beyond its border, by their own UPRN. The custodian's row goes on."""
    copy = merged.towns[0].rows[2] | {"organisationname": "A COPY"}
    original = merged.towns[0].rows[3] | {
        "uprn": "907700000009",
        "number": "999",
    }  # on a street across the border
    path = write_rows(merged.folder / "border.csv", [copy, original])
    assert await command.load(settings, [str(path), "--council", "sleepton"]) == ExitCode.DONE
    async with database.reading() as session:
        collisions = await find_collisions(session, ["sleepton", SUCCESSOR])
    assert set(collisions) == COPIED
    assert collisions["pk_blpu"] == [(int(copy["uprn"]),)]
    with pytest.raises(IntegrityError, match="pk_blpu"):
        await rekey(database, ["sleepton"], SUCCESSOR)
    groups = [group for (group,) in collisions["pk_search_group"]]  # the same street and words: the same id
    streets = ("street.usrn", "street_descriptor.usrn", "street_history.usrn")
    copies = {"uprn": [int(copy["uprn"])], "search_group.id": groups, "search_word.group_id": groups}
    copies |= {column: [int(copy["usrn"])] for column in streets}
    await rekey(database, ["sleepton"], SUCCESSOR, copies)
    headers = headers_of(mint, SUCCESSOR)
    for uprn, number in ((copy["uprn"], copy["number"]), (original["uprn"], "999")):
        answer = await client.get(f"/{SUCCESSOR}/address/v1/addresses/{uprn}", headers=headers)
        assert (answer.status_code, answer.json()["building_number"]) == (200, number), answer.text
        assert "A COPY" not in answer.text
