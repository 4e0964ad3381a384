"""The loader as the process an operator starts: its output, and its end when something is in the way."""

import json
import os
import pty
import subprocess
import sys

import asyncpg
import pytest

from chassis.commands import ExitCode
from services.address.tests.samples import GAZETTEER

# What PostgreSQL answers where a file of a table cannot grow.
_FILL_DISK = """CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE SQLSTATE '53100' USING MESSAGE = 'could not extend file "base/5/16384": No space left on device';
END $$"""
_TRIGGER = "CREATE TRIGGER fill_disk BEFORE INSERT ON blpu EXECUTE FUNCTION fill_disk()"
_EMPTY_DISK = "DROP FUNCTION fill_disk CASCADE"


@pytest.fixture
def start_load(database_url):
    def start(path, **options):
        argv = [sys.executable, "-m", "chassis", "run", "address", "load", str(path), "--council", "citytown"]
        environment = {**os.environ, "ADDRESS_DATABASE_URL": database_url, "TERM": "xterm"}
        return subprocess.Popen(argv, env=environment, **options)

    return start


@pytest.fixture
async def owner(postgres_url, database_url):
    connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    yield connection
    await connection.close()


async def test_a_full_disk_is_one_line_changes_nothing_and_is_tried_again(start_load, write, owner, emptied):
    file = write(GAZETTEER)
    for statement in (_FILL_DISK, _TRIGGER):
        await owner.execute(statement)
    loading = start_load(file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output, errors = loading.communicate(timeout=60)
    assert loading.returncode == ExitCode.TRY_AGAIN
    assert errors.splitlines() == [
        "run address: The disk of the database is full, and what was not committed is undone."
        " Make room; then try again."
    ]
    assert "INSERT" not in output + errors
    assert await owner.fetchval("SELECT count(*) FROM blpu") == 0
    await owner.execute(_EMPTY_DISK)
    again = start_load(file, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in again.communicate(timeout=60)[0].splitlines()]
    assert (again.returncode, lines[-1]["outcome"]) == (ExitCode.DONE, "loaded")
    assert await owner.fetchval("SELECT count(*) FROM blpu") == len(GAZETTEER)


def test_a_terminal_shows_steps_and_a_summary_without_json(start_load, write, emptied):
    ours, theirs = pty.openpty()
    loading = start_load(write(GAZETTEER), stdout=theirs)
    os.close(theirs)
    screen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # Linux's end of a terminal whose other side is closed
            break
        if not part:
            break
        screen += part
    os.close(ours)
    assert loading.wait(timeout=60) == ExitCode.DONE
    text = screen.decode()
    assert "writing" in text
    assert '{"step"' not in text
    assert f"rows                 {len(GAZETTEER)}\r\n" in text
