"""Loading files: all or nothing, with the line of whatever is wrong, and again as often as one likes."""

import asyncio
import csv
import gzip
import zipfile

import asyncpg
import pytest
from sqlalchemy import text

from address.events import PropertyChanged, PropertyCreated
from address.gazetteer_files.rules import csv_rows
from address.loading.actions import command
from address.places.rules import search_text
from chassis import ids
from chassis.testing import published
from services.address.tests.samples import ACACIA, COLUMNS, GAZETTEER, row

COUNTED = (
    "gazetteer", "street", "street_descriptor", "blpu", "lpi", "organisation", "history", "street_history",
    "load", "place", "place_past", "search_group", "search_word", "outbox",
)  # fmt: skip
HEADER = ",".join(COLUMNS).encode() + b"\n"


@pytest.fixture(scope="module")
def tables(database):
    """``await tables()`` -> the number of rows in every table."""

    async def count():
        async with database.reading() as session:
            return {name: await session.scalar(text(f"SELECT count(*) FROM {name}")) for name in COUNTED}

    return count


@pytest.fixture(autouse=True)
async def _nothing_loaded(postgres_url, database_url):
    """Every test starts with an empty gazetteer. TRUNCATE is the superuser's: the service itself may not."""
    connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    await connection.execute("TRUNCATE " + ", ".join(COUNTED))
    await connection.close()


async def value(database, statement: str, **parameters):
    async with database.reading() as session:
        return await session.scalar(text(statement), parameters)


async def test_a_file_fills_every_table(load, write, database, tables):
    code, lines = await load(write(GAZETTEER))
    assert code == command.DONE
    assert (
        lines[-1] | {"outcome": "loaded", "created": len(GAZETTEER), "changed": 0, "rejected": 0} == lines[-1]
    )
    counts = await tables()
    for table in ("blpu", "lpi", "history", "place"):
        assert counts[table] == len(GAZETTEER), table
    assert counts["outbox"] == len(GAZETTEER) + 5
    assert (counts["street"], counts["street_descriptor"], counts["organisation"]) == (5, 5, 1)
    flat = await value(
        database,
        "SELECT lpi_key || sao_text || sao_start_number || pao_text FROM lpi WHERE uprn = 2003",
    )
    assert flat == "0114L000000017FLAT3MILL HOUSE"


async def test_a_gzip_file_is_recognised_by_its_content(load, write, tables):
    path = write(ACACIA, "addresses.csv.gz").rename(write(ACACIA).with_name("no-suffix"))
    code, _ = await load(path)
    assert code == command.DONE
    assert (await tables())["blpu"] == len(ACACIA)


async def test_a_zip_of_one_file_is_loaded(load, write, tables):
    path = write(ACACIA)
    archive = path.with_name("addresses.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path, path.name)
    code, _ = await load(archive)
    assert code == command.DONE
    assert (await tables())["blpu"] == len(ACACIA)


async def test_several_plain_files_are_not_loaded_as_one(settings, write, capsys):
    paths = [write([row(n)], f"{n}.csv") for n in (1, 2)]
    code = await command.load(settings, [*map(str, paths), "--council", "citytown"])
    assert code == command.REFUSED
    assert "only a supply" in capsys.readouterr().out


async def test_progress_is_told_as_json_lines(load, write):
    _, lines = await load(write(GAZETTEER))
    steps = [line["step"] for line in lines[:-1]]
    assert steps[-4:] == ["checking", "writing", "indexing", "announcing"]
    assert all(line["total"] == len(GAZETTEER) for line in lines[:-1])


async def test_every_new_property_is_announced(load, write, database):
    await load(write(GAZETTEER))
    events = [event for event in await published(database) if "property" in event.type]
    assert {event.type for event in events} == {"address.property.created.v1"}
    assert {event.subject for event in events} == {row_["uprn"] for row_ in GAZETTEER}
    assert all(event.sequence == 1 and event.council == "citytown" for event in events)


async def test_the_events_of_a_load_are_what_the_registry_says(load, write, database):
    await load(write(ACACIA))
    await load(write([row(1001, number="99", organisationname='"QUOTED" & CO\\')]))
    events = [event for event in await published(database) if "property" in event.type]
    created, changed = events[0], events[-1]
    assert PropertyCreated.model_validate(created.data, strict=True).easting == 375000.25
    assert PropertyChanged.model_validate(changed.data).changed == ["building_number", "organisation"]
    assert (changed.type, changed.sequence) == ("address.property.changed.v1", 2)
    async with database.reading() as session:
        rows_ = await session.all(
            text(
                "SELECT event_id, envelope, nats_subject FROM outbox"
                " WHERE nats_subject LIKE '%property%' ORDER BY id"
            )
        )
    for row_ in rows_:
        assert f'"id":"{ids.show(row_.event_id)}"' in row_.envelope
        assert row_.event_id.version == 7
    assert rows_[0].nats_subject == PropertyCreated.nats_subject("citytown")
    assert len({row_.event_id for row_ in rows_}) == len(rows_)


async def test_the_same_file_again_is_recognised(load, write, tables):
    path = write(ACACIA)
    _, first = await load(path)
    before = await tables()
    code, lines = await load(path)
    assert code == command.DONE
    assert lines[-1]["outcome"] == "already-loaded"
    assert lines[-1]["load"] == first[-1]["load"]
    assert await tables() == before


async def test_a_load_that_is_not_the_last_is_applied_again(load, write, database):
    old, new = write([row(1, number="1")], "old.csv"), write([row(1, number="2")], "new.csv")
    for path in (old, new, old):
        _, lines = await load(path)
    assert lines[-1] | {"outcome": "loaded", "changed": 1} == lines[-1]
    assert await value(database, "SELECT building_number FROM place WHERE uprn = 1") == "1"


async def test_a_changed_file_updates_and_leaves_the_rest(load, write, database):
    await load(write(GAZETTEER))
    moved = [row(1001, number="1", easting="375111.11"), *ACACIA[1:], row(9999, number="50")]
    code, lines = await load(write(moved))
    assert code == command.DONE
    assert lines[-1] | {"created": 1, "changed": 1, "unchanged": 11} == lines[-1]
    assert await value(database, "SELECT version FROM blpu WHERE uprn = 1001") == 2
    assert await value(database, "SELECT version FROM blpu WHERE uprn = 1002") == 1
    assert await value(database, "SELECT count(*) FROM blpu") == len(GAZETTEER) + 1
    changes = await value(database, "SELECT changes FROM history WHERE uprn = 1001 AND version = 2")
    assert changes == {"easting": [375000.25, 375111.11]}
    assert await value(database, "SELECT count(DISTINCT lpi_key) FROM lpi") == len(GAZETTEER) + 1


async def test_an_organisation_comes_and_goes(load, write, database):
    for organisation in ("OAK BAKERY", "ASH BAKERY", ""):
        await load(write([row(1, organisationname=organisation)]))
        assert await value(database, "SELECT organisation FROM place WHERE uprn = 1") == (
            organisation or None
        )
    assert await value(database, "SELECT count(*) FROM organisation") == 0
    assert await value(database, "SELECT count(*) FROM search_group") == 1
    assert await value(database, "SELECT count(*) FROM search_word WHERE word = 'BAKERY'") == 0


async def test_a_street_with_a_new_name_changes_its_other_properties_too(load, write, database):
    await load(write(ACACIA))
    await load(write([row(1001, number="1", streetname="MIMOSA ROAD")]))
    streets = await value(database, "SELECT array_agg(DISTINCT street) FROM place")
    assert streets == ["MIMOSA ROAD"]
    assert await value(database, "SELECT min(version) FROM blpu") == 2
    assert (
        await value(database, "SELECT count(*) FROM outbox WHERE nats_subject LIKE '%property.changed'") == 12
    )
    assert await value(database, "SELECT count(*) FROM search_word WHERE word = 'ACACIA'") == 0


async def test_the_search_words_are_those_the_rules_split_a_query_into(load, write, database):
    await load(
        write(
            [
                row(
                    1,
                    streetname="ST JOHN'S-Heol Ŷsgubor\u2019s ROAD",
                    name="ÉCOLE É",
                    locality="",
                    townname="",
                )
            ]
        )
    )
    words = await value(database, "SELECT words FROM search_group")
    assert words.split() == search_text.split_words("ÉCOLE É ST JOHN'S-Heol Ŷsgubor\u2019s ROAD")
    assert words.startswith(" ")
    assert words.endswith(" ")


async def test_a_dry_run_changes_nothing(load, write, tables):
    before = await tables()
    code, lines = await load(write(GAZETTEER), "--dry-run")
    assert code == command.DONE
    assert lines[-1] | {"outcome": "dry-run", "created": len(GAZETTEER), "load": None} == lines[-1]
    assert await tables() == before


async def test_a_council_that_is_not_known_is_told_so(load, write):
    code, lines = await load(write(ACACIA), council="atlantis")
    assert code == command.FAILED
    assert lines[-1]["outcome"] == "unknown-council"
    assert "citytown" in lines[-1]["message"]


async def test_a_file_that_is_not_there_is_told_so(load, tmp_path):
    code, lines = await load(tmp_path / "nothing.csv")
    assert (code, lines[-1]["outcome"]) == (command.FAILED, "no-file")


@pytest.mark.parametrize(
    ("bad", "column", "reason"),
    [
        (row(1000000000000), "uprn", "from 1 to"),
        (row(7, postcode="NOWHERE"), "postcode", "not a UK postcode"),
        (row(7, easting="700001"), "easting", "National Grid"),
        (row(7, locality="X" * 61), "locality", "60 is the most"),
        (row(7, name="A\x07B"), "name", "control character"),
        (row(7, name="A\nB"), "name", "control character"),
        (row(1001), "uprn", "line 2 too"),
        (row(7, parentuprn="777"), "parentuprn", "neither in the file"),
        (row(7, parentuprn="7"), "parentuprn", "itself"),
        (row(7, classificationcode="XX99"), "classificationcode", "code list"),
        (row(7, streetname="BACACIA ROAD"), "streetname", "calls USRN 90000001 ACACIA ROAD"),
    ],
)
async def test_a_bad_row_is_rejected_with_its_line_and_nothing_is_loaded(
    load, write, tables, bad, column, reason
):
    before = await tables()
    path = write([*ACACIA, bad])
    code, lines = await load(path)
    assert code == command.REFUSED
    assert lines[-1] | {"outcome": "rejected", "rejected": 1} == lines[-1]
    with path.with_name(path.name + ".rejects.csv").open(newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [(reject["line"], reject["column"]) for reject in rejects] == [("14", column)]
    assert reason in rejects[0]["reason"]
    assert await tables() == before


async def test_properties_that_lie_within_each_other_are_rejected(load, write, tables):
    loop = [row(1, parentuprn="2"), row(2, parentuprn="3"), row(3, parentuprn="1")]
    code, lines = await load(write(loop))
    assert code == command.REFUSED
    assert lines[-1]["rejected"] == 3
    assert (await tables())["blpu"] == 0


async def test_the_reject_file_goes_when_the_file_is_mended(load, write):
    path = write([row(1, postcode="X")])
    await load(path)
    rejects = path.with_name(path.name + ".rejects.csv")
    assert rejects.exists()
    await load(write([row(1)]))
    assert not rejects.exists()


async def test_a_retired_uprn_is_not_taken_back(load, write, database):
    await load(write(ACACIA))
    async with database.writing() as session:
        await session.execute(text("UPDATE blpu SET logical_status = 8 WHERE uprn = 1001"))
    code, lines = await load(write([row(1001, number="77")]))
    assert code == command.REFUSED
    assert "never used again" in lines[-1]["message"]


CORRUPT = [
    (b"", 1, "empty"),
    (b"uprn,postcode\n1,BA1 1LJ\n", 1, "header"),
    (HEADER + b'1,,"2,RD04\n3,4\n', 2, "never closed"),
    (HEADER + b"1,,2,RD04,\xff\xfe\n", 2, "UTF-8"),
    (HEADER + b"1" * 70_000, 2, "longer than"),
    (HEADER + b'1,,2,"a"b,,,,,,,,,,\n', 2, "not CSV"),
    (gzip.compress(HEADER * 500, mtime=0)[:40], 1, "gzip"),
    (gzip.compress(HEADER, mtime=0)[:-6] + b"\x00" * 6, 2, "gzip"),
]


@pytest.mark.parametrize(("content", "line", "reason"), CORRUPT)
async def test_a_corrupt_file_changes_nothing_and_says_which_line(
    load, tmp_path, tables, content, line, reason
):
    path = tmp_path / "corrupt.csv"
    path.write_bytes(content)
    before = await tables()
    code, lines = await load(path)
    assert code == command.REFUSED
    assert (lines[-1]["outcome"], lines[-1]["line"]) == ("corrupt", line)
    assert reason in lines[-1]["message"]
    assert await tables() == before


async def test_a_file_that_breaks_half_way_changes_nothing(load, write, tables):
    path = write(GAZETTEER)
    path.write_bytes(path.read_bytes() + b"\xc3(\n")
    code, lines = await load(path)
    assert code == command.REFUSED
    assert lines[-1]["line"] == len(GAZETTEER) + 2
    assert (await tables())["blpu"] == 0


async def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(load, write, tables):
    path = write(ACACIA)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert b"\r\n" in path.read_bytes()
    code, _ = await load(path)
    assert code == command.DONE
    assert (await tables())["blpu"] == len(ACACIA)


async def test_councils_do_not_touch_each_other(load, write, database):
    await load(write([row(1, number="1")]))
    await load(write([row(1, number="2", postcode="FK7 8HH")]), council="hillshire")
    async with database.reading() as session:
        places = await session.all(
            text("SELECT council, building_number, lpi_key FROM place ORDER BY council")
        )
    assert [tuple(place) for place in places] == [
        ("citytown", "1", "0114L000000001"),
        ("hillshire", "2", "9078L000000001"),
    ]


async def test_two_loads_of_one_council_take_turns(settings, write, database):
    paths = [write([row(1, number=str(n)), row(100 + n, number="5")], f"{n}.csv") for n in range(1, 5)]
    codes = await asyncio.gather(
        *(command.load(settings, [str(path), "--council", "citytown"]) for path in paths)
    )
    assert codes == [command.DONE] * 4
    assert await value(database, "SELECT count(*) FROM blpu") == 5
    assert await value(database, "SELECT version FROM blpu WHERE uprn = 1") == 4
    assert await value(database, "SELECT count(*) FROM search_group") == 1


async def test_the_history_and_the_properties_cannot_be_undone(load, write, database):
    await load(write(ACACIA))
    for statement in (
        "DELETE FROM history", "UPDATE history SET actor = 'nobody'", "DELETE FROM blpu WHERE uprn = 1001",
    ):  # fmt: skip
        with pytest.raises(Exception, match="keeps its rows"):
            async with database.writing() as session:
                await session.execute(text(statement))


def test_the_columns_are_those_of_the_staging_table():
    line, _ = csv_rows.stage_row(1, list(row(1).values()))
    assert len(line.split("\t")) == len(csv_rows.STAGED) + 1


async def test_wards_and_parishes_may_stand_in_columns_of_their_own(load, write, database):
    path = write([row(1, number="1")])
    text_ = path.read_text().splitlines()
    path.write_text(f"{text_[0]},wardcode,parishcode\n{text_[1]},E05001935,\n")
    code, _ = await load(path)
    assert code == command.DONE
    assert await value(database, "SELECT ward FROM place") == "E05001935"
    await load(write([row(1, number="2")]))
    assert await value(database, "SELECT ward FROM place") == "E05001935"
    path.write_text(f"{text_[0]},wardcode\n{text_[1]},BATH\n")
    code, lines = await load(path)
    assert code == command.REFUSED
    assert "wardcode" in lines[-1]["message"]


async def test_a_street_with_a_new_name_is_announced(load, write, database):
    await load(write(ACACIA))
    await load(write([row(1001, number="1", streetname="MIMOSA ROAD")]))
    events = [event for event in await published(database) if "street" in event.type]
    assert [(event.type, event.sequence) for event in events] == [
        ("address.street.created.v1", 1),
        ("address.street.changed.v1", 2),
    ]
    assert events[1].data["changed"] == ["description"]
