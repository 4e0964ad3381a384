"""Loading the region's postcodes: all or nothing, readers undisturbed; and those a gazetteer has itself."""

import asyncio
import gzip
import json
import lzma
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from address.postcodes.actions import postcode_files, postcode_load
from address.postcodes.rules import file_rows
from address.shared.tables import metadata
from services.address.tests.samples import ACACIA, row

EXTRACT = Path(__file__).with_name("gb_extract.csv")
HEADER = "postcode,easting,northing,lad25cd\n"
TWO = HEADER + "BA1 1AA,375350,164482,E06000022\nBA1 1AB,375351,164483,E06000022\n"


@pytest.fixture(autouse=True)
async def _no_region(database):
    async with database.writing() as session:
        for table in ("postcode", "outcode", "postcode_file"):
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
async def no_gazetteer(postgres_url, database_url):
    connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    await connection.execute(f"TRUNCATE {', '.join(metadata.tables)}")
    await connection.close()


@pytest.fixture
def postcodes(settings, capsys, tmp_path):
    """``await postcodes(text or bytes or path, *flags)`` -> exit code and the lines printed."""

    async def run(content, *flags):
        path = content if isinstance(content, Path) else tmp_path / "postcodes.csv"
        if path is not content:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        code = await postcode_load.load(settings, [str(path), *flags])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def rows(database):
    """``await rows("SELECT ...")`` -> the rows as tuples."""

    async def fetch(statement):
        async with database.reading() as session:
            return [tuple(row) for row in await session.all(text(statement))]

    return fetch


ALL = "SELECT postcode, easting, northing, district FROM postcode ORDER BY postcode"


async def test_a_file_fills_the_region(postcodes, rows):
    code, lines = await postcodes(EXTRACT)
    total = len(EXTRACT.read_text().splitlines()) - 1
    assert code == postcode_load.DONE
    assert [line["step"] for line in lines[:-1]] == ["checking", "writing", "indexing"]
    assert (
        lines[-1] | {"outcome": "loaded", "rows": total, "created": total - 17, "left_out": 17} == lines[-1]
    )
    assert await rows(ALL + " LIMIT 1") == [("BA1 1AA", 375350, 164482, "E06000022")]
    assert (await rows("SELECT count(*) FROM postcode"))[0][0] == total - 17
    outcodes = await rows("SELECT outcode, postcodes, before, districts FROM outcode ORDER BY outcode")
    assert outcodes[:2] == [("BA1", 373, 0, ["E06000022", "E06000054"]), ("BA10", 20, 373, ["E06000066"])]
    assert sum(outcode[1] for outcode in outcodes) == total - 17


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, bytes])
async def test_packed_files_are_recognised_by_their_content(postcodes, rows, packed):
    code, _ = await postcodes(packed(TWO.encode()))
    assert code == postcode_load.DONE
    assert len(await rows(ALL)) == 2


async def test_the_same_file_again_is_recognised(postcodes):
    _, first = await postcodes(TWO)
    code, again = await postcodes(TWO)
    assert (code, again[-1]["outcome"], again[-1]["load"]) == (0, "already-loaded", first[-1]["load"])
    code, forced = await postcodes(TWO, "--again")
    assert (code, forced[-1]["outcome"], forced[-1]["created"], forced[-1]["changed"]) == (0, "loaded", 0, 0)


async def test_a_later_file_adds_changes_and_takes_away(postcodes, rows):
    await postcodes(TWO + "SE1 0AA,531860,179460,E09000028\nSE1 0AB,531860,179461,E09000028\n")
    row_version = await rows("SELECT xmin::text FROM postcode WHERE postcode = 'BA1 1AA'")
    _, lines = await postcodes(TWO.replace("375351", "375000") + "BA2 1AA,1,2,E06000022\n")
    assert lines[-1] | {"created": 1, "changed": 1, "removed": 2} == lines[-1]
    assert [row[:3] for row in await rows(ALL)] == [
        ("BA1 1AA", 375350, 164482), ("BA1 1AB", 375000, 164483), ("BA2 1AA", 1, 2),
    ]  # fmt: skip
    assert await rows("SELECT xmin::text FROM postcode WHERE postcode = 'BA1 1AA'") == row_version, (
        "not written"
    )
    assert await rows("SELECT outcode FROM outcode ORDER BY outcode") == [("BA1",), ("BA2",)]


async def test_rows_may_be_written_in_other_ways(postcodes, rows):
    header = '\ufeff"Postcode", Easting,NORTHING,lad24cd\r\n'
    code, lines = await postcodes(header + '"ba11aa",375349.9,164482.4,E06000022\r\n\r\nGIR 0AA,,,\r\n')
    assert code == postcode_load.DONE, lines
    assert await rows(ALL) == [("BA1 1AA", 375350, 164482, "E06000022"), ("GIR 0AA", None, None, None)]
    code, _ = await postcodes("postcode,easting,northing\nBA1 0AQ,375349.9,164482.4")
    assert await rows(ALL) == [("BA1 0AQ", 375350, 164482, None)]


async def test_a_postcode_that_is_nowhere_is_answered_without_a_place(postcodes, client):
    await postcodes(HEADER + "GIR 0AA,,,\nBA1 1AA,375350,164482,E06000022\n")
    base = "/citytown/address/postcodes-io"
    postcode = (await client.get(f"{base}/postcodes/GIR0AA")).json()["result"]
    assert [postcode[name] for name in ("eastings", "longitude", "country", "admin_district")] == [None] * 4
    assert (await client.get(f"{base}/postcodes/GIR0AA/nearest")).json()["result"] is None
    assert (await client.get(f"{base}/outcodes/GIR")).json()["result"]["latitude"] is None
    assert (await client.get(f"{base}/outcodes/GIR/nearest")).json() == {"status": 200, "result": None}


GOOD = "BA1 1AA,375350,164482,E06000022\n"
CORRUPT = [
    (b"", 1, "header"),
    (HEADER.encode(), 2, "no postcodes"),
    (b"postcode,x,y\n", 1, "header"),
    ((HEADER + GOOD + "BA1 1AA,375350,164482,E06000022,9\n").encode(), 3, "5 columns"),
    ((HEADER + GOOD + "NOWHERE,375350,164482,E06000022\n").encode(), 3, "postcode"),
    ((HEADER + GOOD + "BA1 1AB,700001,164482,E06000022\n").encode(), 3, "easting"),
    ((HEADER + GOOD + "BA1 1AB,375350,1300001,E06000022\n").encode(), 3, "northing"),
    ((HEADER + GOOD + "BA1 1AB,nan,164482,E06000022\n").encode(), 3, "easting"),
    ((HEADER + GOOD + "BA1 1AB,375350,,E06000022\n").encode(), 3, "only one"),
    ((HEADER + GOOD + "BA1 1AB,375350,164482,Bath\n").encode(), 3, "GSS"),
    ((HEADER + GOOD + 'BA1 1AB,"375350,164482,E06000022\n').encode(), 3, "unexpected end"),
    ((HEADER + GOOD).encode() + b"BA1 1AB,\xff,1,E06000022\n", 3, "UTF-8"),
    ((HEADER + GOOD).encode() + b"B" * 2_000_000, 3, "longer than"),
    ((HEADER + GOOD + "BA1 1AB,1,2,E06000022\n" + GOOD).encode(), 4, "line 2 too"),
    ((HEADER + GOOD + "BA1 1AB,1,2,E06000022\nba11aa,1,2,\n").encode(), 4, "line 2 too"),
    (gzip.compress(TWO.encode(), mtime=0)[:-6], 4, "compressed data are broken"),
    (lzma.compress(TWO.encode())[:-20], 4, "compressed data are broken"),
    (lzma.compress(TWO.encode())[:30], 1, "compressed data are broken"),
]


@pytest.mark.parametrize(("content", "line", "reason"), CORRUPT)
async def test_a_corrupt_file_changes_nothing_and_says_which_line(postcodes, rows, content, line, reason):
    await postcodes(HEADER + "SE1 0AA,531860,179460,E09000028\n")
    before = await rows(ALL)
    code, lines = await postcodes(content)
    assert code == postcode_load.REFUSED
    assert (lines[-1]["outcome"], lines[-1]["line"]) == ("corrupt", line)
    assert reason in lines[-1]["message"]
    assert await rows(ALL) == before
    assert await rows("SELECT outcode FROM outcode") == [("SE1",)]


async def test_a_file_that_is_not_there_is_told_so(postcodes, tmp_path):
    code, lines = await postcodes(tmp_path / "nothing.csv")
    assert (code, lines[-1]["outcome"]) == (postcode_load.FAILED, "no-file")


async def test_a_fault_is_found_in_whichever_block_it_is(postcodes, rows):
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    many = [
        f"{area}{n} {m}{a}{b},375350,164482,E06000022\n"
        for area in ("AB", "BA") for n in range(1, 10) for m in range(10) for a in letters for b in letters
    ]  # fmt: skip
    assert len("".join(many)) > 2 << 20, "several blocks"
    assert await postcode_lines(postcodes, many) == postcode_load.DONE
    assert (await rows("SELECT count(*) FROM postcode"))[0][0] == len(many)
    for place in (0, 40_000, len(many) - 1):
        wrong = [*many[:place], "BA1 1ZZ,x,y,E06000022\n", *many[place + 1 :]]
        code, lines = await postcodes(HEADER + "".join(wrong))
        assert (code, lines[-1]["line"]) == (postcode_load.REFUSED, place + 2)
    assert (await rows("SELECT count(*) FROM postcode"))[0][0] == len(many)


async def postcode_lines(postcodes, lines):
    return (await postcodes(HEADER + "".join(lines)))[0]


async def test_readers_have_the_old_postcodes_until_the_new_ones_are_whole(
    postcodes, client, settings, tmp_path, monkeypatch
):
    """A load stops half-way, once for a while and once for good, while others read."""
    await postcodes(TWO)
    base = "/citytown/address/postcodes-io"
    reached, go, half_way = asyncio.Event(), asyncio.Event(), "the machine stops here"
    record = postcode_load._write_tables

    async def halting(*arguments):
        counts = await record(*arguments)
        reached.set()
        await go.wait()
        if (tmp_path / "fail").exists():
            raise ConnectionResetError(half_way)
        return counts

    monkeypatch.setattr(postcode_load, "_write_tables", halting)
    path = tmp_path / "new.csv"
    path.write_text(HEADER + "BA1 1AB,1,2,E06000022\nBA1 1AD,3,4,E06000022\n")

    async def read():
        bulk = await client.post(f"{base}/postcodes", json={"postcodes": ["BA11AA", "BA11AB", "BA11AD"]})
        eastings = [item["result"] and item["result"]["eastings"] for item in bulk.json()["result"]]
        outcode = (await client.get(f"{base}/outcodes/BA1")).json()["result"]
        return eastings, outcode["eastings"]

    old, new = ([375350, 375351, None], 375351), ([None, 1, 3], 2)
    for fails in (True, False):
        (tmp_path / "fail").touch() if fails else (tmp_path / "fail").unlink()
        reached.clear()
        go.clear()
        loading = asyncio.create_task(postcode_load.load(settings, [str(path)]))
        await asyncio.wait_for(reached.wait(), 10)
        meanwhile = await asyncio.wait_for(read(), 5)
        go.set()
        (ended,) = await asyncio.gather(loading, return_exceptions=True)
        assert meanwhile == old, "nobody waits, nobody sees half of it"
        assert ended == postcode_load.DONE if not fails else str(ended) == half_way
        assert await read() == (old if fails else new)


async def test_two_loads_take_turns(settings, tmp_path, rows):
    paths = []
    for n in range(4):
        paths.append(tmp_path / f"{n}.csv")
        paths[-1].write_text(HEADER + f"BA1 1AA,{n + 1},1,E06000022\nBA{n + 1} 2AA,5,5,E06000022\n")
    codes = await asyncio.gather(*(postcode_load.load(settings, [str(path)]) for path in paths))
    assert codes == [postcode_load.DONE] * 4
    assert len(await rows(ALL)) == 2
    assert len(await rows("SELECT * FROM postcode_file")) == 4


def test_a_block_is_taken_as_it_stands_only_when_every_row_reads_the_same():
    lines = EXTRACT.read_text().splitlines(keepends=True)[1:]
    for line in lines:
        assert file_rows.is_plain(line.encode()) == (not line.startswith("NPT"))
        assert file_rows.convert_row(line) == ("" if line.startswith("NPT") else line)
    good = [line for line in lines if not line.startswith("NPT")]
    assert file_rows.is_plain("".join(good).encode())
    for wrong in ("AB1 0AA,700000,1,E06000022\n", "AB1 0AA,1,1300000,E06000022\n", "ab1 0AA,1,1,E06000022\n",
                  "AB1 0AA,1,1,E0600002\n", "AB1 0AA,1,1,E06000022,\n", "AB1 0AA,1,1,E06000022"):  # fmt: skip
        assert not file_rows.is_plain("".join([*good, wrong]).encode()), wrong


def test_the_lines_of_a_postcode_are_found_however_it_is_written(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(HEADER + GOOD + "\nba1 1ab,1,1,\n" + '"BA11AA",1,1,E06000022')
    assert postcode_files.find_lines(path, "BA1 1AA") == [2, 5]


OWN = (
    "SELECT postcode, easting, northing FROM gazetteer_postcode WHERE council = 'citytown' ORDER BY postcode"
)


@pytest.mark.usefixtures("no_gazetteer")
async def test_a_gazetteer_answers_its_own_postcodes_before_any_file(load, write, client):
    await load(write([*ACACIA, row(3002, postcode="BA11 1AA", easting="377000", northing="150000")]))
    base = "/citytown/address/postcodes-io"

    async def fetch(path):
        return (await client.get(base + path)).json()["result"]

    postcode = await fetch("/postcodes/ba15aa")
    assert (postcode["eastings"], postcode["northings"], postcode["country"]) == (375000, 165001, "England")
    assert postcode["codes"]["admin_district"] == "E06000022"
    assert await fetch("/postcodes/BA1/autocomplete") == ["BA1 5AA"]
    assert await fetch("/postcodes/B/autocomplete") == ["BA1 5AA", "BA11 1AA"]
    assert [result["outcode"] for result in await fetch("/outcodes/BA11/nearest?radius=25000")] == [
        "BA11",
        "BA1",
    ]
    assert {(await fetch("/random/postcodes"))["postcode"] for _ in range(40)} == {"BA1 5AA", "BA11 1AA"}
    near = await fetch(f"/postcodes?lon={postcode['longitude']}&lat={postcode['latitude']}&widesearch=true")
    assert [result["postcode"] for result in near] == ["BA1 5AA", "BA11 1AA"]
    elsewhere = await client.get("/hillshire/address/postcodes-io/postcodes/ba15aa/validate")
    assert elsewhere.json()["result"] is False


@pytest.mark.usefixtures("no_gazetteer")
async def test_a_gazetteers_postcodes_follow_its_addresses(load, write, rows, database):
    location = {"northing": "2000", "postcode": "BA1 1AA"}
    await load(write([row(1, easting="1000", **location), row(2, number="2", easting="2000", **location)]))
    assert await rows(OWN) == [("BA1 1AA", 1500, 2000)]
    await load(write([row(2, number="2", easting="4000", northing="2000", postcode="BA1 1AA")]))
    assert await rows(OWN) == [("BA1 1AA", 2500, 2000)]
    await load(write([row(2, number="2", easting="4000", northing="2000", postcode="BA1 1AB")]))
    assert await rows(OWN) == [("BA1 1AA", 1000, 2000), ("BA1 1AB", 4000, 2000)]
    async with database.writing() as session:
        await session.execute(text("UPDATE place SET postcode = 'BA1 1AD' WHERE uprn = 2"))
    assert await rows(OWN) == [("BA1 1AA", 1000, 2000), ("BA1 1AD", 4000, 2000)]
    async with database.writing() as session:
        await session.execute(text("UPDATE place SET delivery = false WHERE uprn = 1"))
    assert await rows(OWN) == [("BA1 1AD", 4000, 2000)]
    async with database.writing() as session:
        await session.execute(text("DELETE FROM place"))
    assert await rows(OWN) == []


@pytest.mark.usefixtures("no_gazetteer")
async def test_two_changes_of_one_postcode_both_count(load, write, rows, database):
    same = {"northing": "2000", "postcode": "BA1 1AA"}
    await load(write([row(n, number=str(n), easting=str(1000 * n), **same) for n in (1, 2, 3)]))
    move = text("UPDATE place SET easting = easting + 3000 WHERE uprn = :uprn")
    async with database.writing() as first:
        await first.execute(move, {"uprn": 1})
        async with asyncio.timeout(10):
            second = asyncio.create_task(moved(database, move))
            await asyncio.sleep(0.3)
            assert not second.done(), "it waits for the first"
    await second
    assert await rows(OWN) == [("BA1 1AA", 4000, 2000)]


async def moved(database, statement):
    async with database.writing() as session:
        await session.execute(statement, {"uprn": 2})


@pytest.mark.usefixtures("no_gazetteer")
async def test_ward_and_parish_are_told_where_all_addresses_of_a_postcode_agree(
    load, write, postcodes, client, database
):
    """The region's file says nothing of them; the gazetteer does, also for the file's own postcodes."""
    await load(write([row(n, number=str(n), postcode="BA1 1AA") for n in (1, 2)]))
    await postcodes(TWO)
    base = "/citytown/address/postcodes-io"

    async def areas(path):
        result = (await client.get(base + path)).json()["result"]
        result = result[0] if isinstance(result, list) else result
        codes = result.get("codes", {"admin_ward": None, "parish": None})
        return result["admin_ward"], result["parish"], codes["admin_ward"], codes["parish"]

    for uprn, expected in (
        (1, (None, None, None, None)),
        (2, ("Walcot", "Freshford", "E05012489", "E04000970")),
    ):
        async with database.writing() as session:
            move = "UPDATE place SET ward = 'E05012489', parish = 'E04000970' WHERE uprn = :uprn"
            await session.execute(text(move), {"uprn": uprn})
        for path in ("/postcodes/BA11AA", "/postcodes?q=BA1", "/postcodes/BA1 1AA/nearest"):
            assert await areas(path) == expected, path
    assert await areas("/outcodes/BA1") == (["Walcot"], ["Freshford"], None, None)
    assert await areas("/outcodes/BA1/nearest") == (["Walcot"], ["Freshford"], None, None)
    assert await areas("/postcodes/BA11AB") == (None, None, None, None)
    async with database.writing() as session:
        await session.execute(text("UPDATE place SET ward = 'E05999999' WHERE uprn = 2"))
    assert await areas("/postcodes/BA11AA") == (None, "Freshford", None, "E04000970")
