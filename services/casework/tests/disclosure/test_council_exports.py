"""A council takes all that it has away in files, and they are whole."""

import json

import pytest
from sqlalchemy import text

from casework.disclosure.actions.council_exports import check_export, read_lines, write_export
from casework.disclosure.store.council_rows import LEFT_OUT, list_tables
from chassis.commands import CommandError, make_reporter
from services.casework.tests.retention.conftest import Files


@pytest.fixture
async def folder(tmp_path, desk, open_desk, close_permit, records, database, storage, run):
    """An export of a council that has cases, files, holds and a neighbour."""
    case = await close_permit("Ann Export")
    await Files(desk, case).add(b"%PDF-1.7\nletter", name="letter.pdf")
    await run()
    await records.hold(case=case["id"])
    assert (await open_desk(council="hillshire").open({"ward": "Northward"})).status_code == 201
    with make_reporter() as report:
        await write_export(database, storage, "citytown", tmp_path, report)
    return tmp_path


async def test_every_row_of_the_council_and_no_other_is_in_its_files(folder, database):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["tables"]) == set(list_tables())
    async with database.reading("citytown") as session:
        for name, table in manifest["tables"].items():
            owner = "slug" if name == "council" else "council"
            rows = await session.all(
                text(f"SELECT to_jsonb(t) AS document FROM {name} t WHERE {owner} = 'citytown'")
            )
            expected = sorted(json.dumps(row.document, sort_keys=True) for row in rows)
            lines = [
                json.dumps(row, sort_keys=True) for row in read_lines(folder / "tables" / f"{name}.jsonl")
            ]
            assert (sorted(lines), table["rows"]) == (expected, len(expected)), name
            assert set(table["columns"]) >= {key for row in rows for key in row.document}
    assert manifest["tables"]["case_record"]["rows"] >= 1
    assert "Northward" not in "".join(path.read_text() for path in (folder / "tables").iterdir())
    files = [(folder / name).read_bytes() for name in manifest["files"]]
    assert b"%PDF-1.7\nletter" in files


async def test_an_export_that_lost_something_does_not_verify(folder):
    assert check_export(folder).faults == []
    path = folder / "tables" / "case_note.jsonl"
    path.write_text("")
    next(folder.glob("attachments/*/as-sent")).unlink()
    assert len(check_export(folder).faults) == 2
    (folder / "manifest.json").unlink()
    with pytest.raises(CommandError, match="did not end"):
        check_export(folder)


async def test_every_table_is_exported_or_left_out_for_a_reason(database):
    async with database.reading("citytown") as session:
        rows = await session.all(
            text("SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public'"
                 " AND column_name = 'council'")
        )  # fmt: skip
    assert {row.name for row in rows} == {*list_tables(), *LEFT_OUT} - {"council"}
