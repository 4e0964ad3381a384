"""Supplies as files: cut short, wrong, in volumes and archives, and what a failed load leaves: nothing."""

import asyncio
import gzip
import random
import zipfile
from pathlib import Path

import pytest

from address.gazetteer_files.actions import files
from address.loading.actions import command, supply_load
from services.address.tests.samples import ACACIA, row
from services.address.tests.samples_addressbase import addressbase, changes, properties, streets, supply

pytestmark = pytest.mark.usefixtures("emptied")
GOOD = addressbase(ACACIA)
CORRUPT = [
    (GOOD.rsplit("99,", 1)[0], 64, "trailer"),
    (addressbase(ACACIA, count=5), 65, "counts 5"),
    (addressbase(ACACIA, after=2), 65, "volume 2 comes next"),
    (addressbase(ACACIA, volume=3), 1, "volume 1 is missing"),
    (GOOD + GOOD.splitlines()[2] + "\n", 66, "after the trailer"),
    (GOOD.replace('"ACACIA ROAD"', '"ACACIA ROAD', 1), 4, "never closed"),
    (GOOD.replace('"2.1"', '"5.0"'), 1, "no layout"),
    (GOOD.replace('"F"', '"X"', 1), 1, "full"),
    (GOOD.replace("2030-01-01", "2030-13-01", 1), 1, "header"),
    (GOOD.encode().replace(b"ACACIA", b"\xff\xfe", 1), 4, "UTF-8"),
    (gzip.compress(GOOD.encode(), mtime=0)[:900], None, "gzip"),
]


@pytest.mark.parametrize(("content", "line", "reason"), CORRUPT)
async def test_a_corrupt_supply_changes_nothing_and_says_which_line(
    load_supply, rows_of, content, line, reason
):
    code, summary = await load_supply(content)
    assert (code, summary["outcome"]) == (command.REFUSED, "corrupt")
    assert line in {None, summary["line"]}
    assert reason in summary["message"]
    assert await rows_of("SELECT count(*) FROM blpu") == [(0,)]


async def test_a_row_with_a_column_too_few_is_rejected(load_supply):
    code, summary = await load_supply(GOOD.replace(',"BA1 5AA",\n', ',"BA1 5AA"\n', 1))
    assert code == command.REFUSED
    assert "columns" in summary["message"]
    assert summary["line"] == 5


async def test_what_is_written_otherwise_is_tidied(load_supply, rows_of):
    body = (
        GOOD.replace("BA1 5AA", "ba15aa")
        .replace("ACACIA ROAD", " ACACIA   ROAD ")
        .replace("2024-03-31", "2024-02-29")
    )
    body = "\ufeff" + body.replace("\n", "\r\n").replace("21,", '"21",')
    code, summary = await load_supply(body)
    assert (code, summary["created"]) == (command.DONE, len(ACACIA))
    assert await rows_of("SELECT DISTINCT street, postcode, entry_date::text FROM place") == [
        ("ACACIA ROAD", "BA1 5AA", "2024-02-29")
    ]


async def test_older_files_without_latitudes_are_known_by_their_version(load_supply, rows_of):
    code, summary = await load_supply(addressbase(ACACIA, version="1.0"))
    assert (code, summary["format"]) == (command.DONE, "AddressBase Premium 1")
    assert await rows_of("SELECT count(*), min(easting)::text FROM place") == [(12, "375000.25")]


def volumes(folder: Path) -> list[Path]:
    """Two volumes; the second holds what the first one's properties stand on."""
    parts = (properties(ACACIA), streets(ACACIA))
    texts = [supply(part, volume=at, after=(at % 2) * 2, first=at * 1000) for at, part in enumerate(parts, 1)]
    paths = [folder / "b.csv", folder / "a.csv"]
    for path, body in zip(paths, texts, strict=True):
        path.write_text(body)
    return paths


async def test_volumes_are_loaded_as_one_whatever_their_order(settings, tmp_path, capsys, rows_of):
    first, second = volumes(tmp_path)
    for paths, outcome in (([second, first], "loaded"), ([first, second], "already-loaded")):
        code = await command.load(settings, [*map(str, paths), "--council", "citytown"])
        assert code == command.DONE
        assert f'{{"outcome": "{outcome}"' in capsys.readouterr().out
    assert await rows_of("SELECT count(*) FROM place") == [(len(ACACIA),)]


async def test_a_supply_of_which_a_volume_is_missing_is_refused(load, tmp_path):
    first, second = volumes(tmp_path)
    code, lines = await load(first)
    assert (code, lines[-1]["outcome"]) == (command.REFUSED, "corrupt")
    assert "volume 2 comes next" in lines[-1]["message"]
    code, lines = await load(second)
    assert "volume 1 is missing" in lines[-1]["message"]


async def test_a_zip_of_volumes_is_loaded_and_its_faults_have_a_place(load, tmp_path, rows_of):
    first, second = volumes(tmp_path)
    archive = tmp_path / "supply.zip"
    for broken in (True, False):
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(first, "two/b.csv")
            content = second.read_text().replace('"ACACIA ROAD"', '""') if broken else second.read_text()
            packed.writestr("one/a.csv", content)
            packed.writestr("LICENCE.txt", "what may be done with it")
        code, lines = await load(archive)
        assert code == (command.REFUSED if broken else command.DONE)
        if broken:
            assert lines[-1]["line"] == "supply.zip/one/a.csv:4"
    assert await rows_of("SELECT count(*) FROM place") == [(len(ACACIA),)]


@pytest.mark.parametrize("cut", [200, -30])
async def test_a_zip_that_is_cut_short_is_refused(load_supply, tmp_path, cut):
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", GOOD)
    code, summary = await load_supply(archive.read_bytes()[:cut], name="cut.zip")
    assert (code, summary["outcome"]) == (command.REFUSED, "corrupt")
    assert "zip" in summary["message"]


@pytest.mark.parametrize("kind", ["zip", "gzip"])
async def test_a_file_made_to_unpack_without_end_is_refused(load, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(files, "_ALWAYS_ALLOWED", 1 << 16)
    path = tmp_path / "bomb"
    body = b"21,\n" * 1_000_000
    if kind == "gzip":
        path.write_bytes(gzip.compress(body, 1))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.csv", body)
    code, lines = await load(path)
    assert (code, lines[-1]["outcome"]) == (command.REFUSED, "corrupt")
    assert "times its size" in lines[-1]["message"]


async def test_a_dry_run_counts_and_changes_nothing(load_supply, rows_of):
    await load_supply(addressbase(ACACIA))
    blpu = {"uprn": 1001, "easting": "375000.25", "northing": "165000.75", "postcode": "BA1 5AA"}
    new = [*streets([row(9)]), *properties([row(9)])]
    body = supply([(*record, "I") for record in new] + [("21", blpu, "D")], kind="C")
    code, summary = await load_supply(body, "--dry-run")
    assert (code, summary["outcome"], summary["created"], summary["retired"]) == (
        command.DONE,
        "dry-run",
        1,
        1,
    )
    assert summary["records"]["21"] == {"D": 1, "I": 1}
    assert await rows_of("SELECT count(*), max(version) FROM blpu") == [(12, 1)]


async def test_readers_see_the_old_gazetteer_until_the_commit(
    settings, load_supply, tmp_path, rows_of, monkeypatch
):
    await load_supply(addressbase(ACACIA))
    visible = []
    publish = supply_load.publish_changes

    async def publish_and_read(session, changed_streets):
        await publish(session, changed_streets)
        visible.extend(await rows_of("SELECT min(street), count(*) FROM place"))

    monkeypatch.setattr(supply_load, "publish_changes", publish_and_read)
    name = {"usrn": "90000001", "description": "MIMOSA ROAD", "locality": "WALCOT", "town": "BATH"}
    code, _ = await load_supply(changes(("15", name, "U")))
    assert code == command.DONE
    assert visible == [("ACACIA ROAD", 12)]
    assert await rows_of("SELECT DISTINCT street FROM place") == [("MIMOSA ROAD",)]


async def test_two_supplies_at_once_take_turns(settings, tmp_path, rows_of, capsys):
    bodies = [addressbase([row(1001, number=str(n))]) for n in range(1, 5)]
    paths = [tmp_path / f"{n}.csv" for n in range(4)]
    for path, body in zip(paths, bodies, strict=True):
        path.write_text(body)
    codes = await asyncio.gather(
        *(command.load(settings, [str(path), "--council", "citytown"]) for path in paths)
    )
    assert codes == [command.DONE] * 4
    assert await rows_of("SELECT version FROM blpu") == [(4,)]
    assert await rows_of("SELECT count(*) FROM search_group") == [(1,)]
    capsys.readouterr()


async def test_a_load_that_is_killed_changes_nothing(settings, tmp_path, rows_of, postgres_url, monkeypatch):
    async def die(*_, **__):
        await rows_of(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'address-load' AND datname = current_database()"
        )
        await rows_of(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction' AND datname = current_database()"
        )

    monkeypatch.setattr(supply_load.read_model, "rewrite_loaded", die)
    path = tmp_path / "supply.csv"
    path.write_text(GOOD)
    with pytest.raises(Exception, match=r"(?i)connection|terminat|closed"):
        await command.load(settings, [str(path), "--council", "citytown"])
    assert await rows_of("SELECT count(*) FROM blpu") == [(0,)]


@pytest.mark.parametrize("more", [0, 1, 3])
async def test_a_trailer_may_count_metadata_header_and_itself(load_supply, more):
    code, summary = await load_supply(addressbase(ACACIA, count=62 + more))
    assert (code, summary["outcome"]) == (command.DONE, "loaded")


@pytest.mark.parametrize("lost", [1, 3])
async def test_lines_that_are_lost_are_missed_whatever_the_trailer_counts(load_supply, rows_of, lost):
    lines = addressbase(ACACIA).splitlines(keepends=True)
    del lines[-10 : -10 + lost]
    code, summary = await load_supply("".join(lines))
    assert (code, summary["outcome"]) == (command.REFUSED, "corrupt")
    assert await rows_of("SELECT count(*) FROM blpu") == [(0,)]


@pytest.mark.parametrize(("says", "version"), [("2.1", "1.0"), ("1.0", "2.1")])
async def test_a_file_of_another_release_than_it_says_is_read_as_it_is(load_supply, rows_of, says, version):
    body = addressbase(ACACIA, version=version).replace(f'"{version}"', f'"{says}"', 1)
    code, _ = await load_supply(body)
    assert code == command.DONE
    assert await rows_of("SELECT min(easting)::text FROM place") == [("375000.25",)]


CURRENT_PLACES = """SELECT uprn, postcode, classification, easting, northing, organisation, building_name,
    building_number, street, usrn, locality, post_town, udprn, delivery
    FROM place WHERE logical_status <> 8 ORDER BY uprn"""


def _alter_row(row_: dict[str, str], chance: random.Random) -> dict[str, str]:
    """The row with something else said of it."""
    values = {
        "easting": f"{chance.randrange(370000, 380000)}.5",
        "number": f"{chance.randrange(1, 400)}",
        "organisationname": chance.choice(["", "OAK BAKERY", "ASH BAKERY"]),
        "classificationcode": chance.choice(["RD02", "RD03", "CR08"]),
        "postcode": chance.choice(["BA1 5AB", "BA1 5AC"]),
        "usrn": "90000001",
    }
    name = chance.choice(list(values))
    return row_ | {name: values[name]}


def _round(state: dict[str, dict[str, str]], at: int, chance: random.Random):
    """Change, add and retire properties in ``state``; the records that say so."""
    for uprn in chance.sample(sorted(state), 4):
        before = state[uprn]
        state[uprn] = _alter_row(before, chance)
        yield from ((*record, "U") for record in properties([state[uprn]]))
        if before["organisationname"] and not state[uprn]["organisationname"]:
            yield ("31", {"uprn": uprn, "org_key": f"0114O{int(uprn):09}"}, "D")
    retired = state.pop(chance.choice(sorted(state)))
    yield from ((*record, "D") for record in properties([retired]))
    new = row(5000 + at, number=str(at + 1))
    state[new["uprn"]] = new
    yield from ((*record, "I") for record in properties([new]))


@pytest.mark.parametrize("seed", range(2))
async def test_changes_lead_to_where_a_full_supply_of_their_end_begins(load_supply, rows_of, seed):
    chance = random.Random(seed)
    state = {row_["uprn"]: row_ for row_ in ACACIA}
    await load_supply(addressbase(ACACIA))
    for at in range(5):
        records = list(_round(state, at, chance))
        code, summary = await load_supply(changes(*records))
        assert (code, summary["retired"], summary["created"]) == (command.DONE, 1, 1)
    changed = await rows_of(CURRENT_PLACES)
    assert await rows_of("SELECT count(*) FROM blpu WHERE logical_status = 8") == [(5,)]
    assert await rows_of(
        "SELECT count(*) FROM history h JOIN blpu b USING (uprn) WHERE h.version > b.version"
    ) == [(0,)]
    await rows_of("TRUNCATE blpu, lpi, place, organisation, delivery_point, history")
    await load_supply(addressbase(state.values()))
    assert await rows_of(CURRENT_PLACES) == changed
