"""Commands end with a named exit code and one line an operator can act on, and report their progress."""

import asyncio
import errno
import io
import json
import os
import socket
import sys
from pathlib import Path

import asyncpg
import nats.errors
import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy.exc import DBAPIError

import chassis.settings
from chassis import commands
from chassis.command_errors import Names, explain
from chassis.commands import (
    CommandError,
    ExitCode,
    JsonReporter,
    TerminalReporter,
    make_reporter,
    read_settings,
)

NAMES = Names("notes", "NOTES_DATABASE_URL", "NOTES_NATS_URL")


@pytest.fixture
def run_chassis(settings):
    """Run ``python -m chassis`` on the notes service; returns exit code, output and error lines."""

    async def run(*arguments, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NOTES_")}
        ours = {"PYTHONPATH": str(Path(__file__).parent), "NOTES_DATABASE_URL": settings.database_url}
        changed = inherited | ours | environment
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis", *arguments),
            env={name: value for name, value in changed.items() if value is not None},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode().splitlines()

    return run


@pytest.fixture
def closed_port():
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def test_a_database_that_is_away_is_one_line_and_to_be_tried_again(run_chassis, closed_port):
    url = f"postgresql://notes:top-secret@127.0.0.1:{closed_port}/notes"
    code, _, errors = await run_chassis("resync", "notes", NOTES_DATABASE_URL=url)
    assert (code, len(errors)) == (ExitCode.TRY_AGAIN, 1)
    assert errors[0].startswith("resync notes: The database cannot be reached.")
    assert "NOTES_DATABASE_URL" in errors[0]
    assert "top-secret" not in errors[0]


async def test_a_missing_setting_is_named(run_chassis):
    code, _, errors = await run_chassis("resync", "notes", NOTES_DATABASE_URL=None)
    assert (code, errors) == (78, ["resync notes: Settings: NOTES_DATABASE_URL is not set."])


async def test_a_migration_without_its_owner_names_the_setting(run_chassis):
    code, _, errors = await run_chassis("migrate", "notes")
    assert (code, errors) == (78, ["migrate notes: Set NOTES_MIGRATION_URL to the owner's database URL."])


async def test_a_wrong_user_names_the_setting_and_no_secret(run_chassis, settings):
    url = settings.database_url.replace("//notes:for-tests-only", "//nobody:top-secret")
    code, _, errors = await run_chassis("resync", "notes", NOTES_DATABASE_URL=url)
    assert (code, len(errors)) == (ExitCode.MISCONFIGURED, 1)
    assert "refuses the user or the password. Check NOTES_DATABASE_URL." in errors[0]
    assert "top-secret" not in errors[0]


async def test_a_database_that_was_never_migrated_is_said(run_chassis, settings):
    url = f"{settings.database_url.rpartition('/')[0]}/postgres"
    code, _, errors = await run_chassis("resync", "notes", NOTES_DATABASE_URL=url)
    assert (code, len(errors)) == (ExitCode.MISCONFIGURED, 1)
    assert "python -m chassis migrate notes" in errors[0]


async def test_dead_letters_without_nats_are_to_be_tried_again(run_chassis, closed_port):
    url = f"nats://127.0.0.1:{closed_port}"
    code, output, errors = await run_chassis("dead-letters", "notes", NOTES_NATS_URL=url)
    assert (code, output) == (ExitCode.TRY_AGAIN, "")
    assert "NATS cannot be reached" in errors[-1]


async def test_a_command_that_is_not_there_is_a_usage_error(run_chassis):
    code, _, errors = await run_chassis("run", "notes", "fly")
    assert (code, errors) == (2, ["run notes: There is no command 'fly'; there are none."])


async def test_a_resync_reports_json_lines_and_its_outcome_last(run_chassis):
    code, output, errors = await run_chassis("resync", "notes")
    lines = [json.loads(line) for line in output.splitlines()]
    assert (code, errors, lines[-1]["outcome"]) == (0, [], "in-outbox")


def wrap_as_sqlalchemy(error):
    return DBAPIError("SELECT secret FROM person", {}, error)


@pytest.mark.parametrize("wrap", [lambda error: error, wrap_as_sqlalchemy])
@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (asyncpg.DiskFullError("could not extend file"), 75, "The disk of the database is full"),
        (asyncpg.OutOfMemoryError("x"), 75, "no connection or memory"),
        (asyncpg.AdminShutdownError("x"), 75, "cannot be reached"),
        (asyncpg.DeadlockDetectedError("x"), 75, "too busy"),
        (asyncpg.InvalidPasswordError("x"), 78, "refuses the user"),
        (asyncpg.InvalidCatalogNameError("x"), 78, "no such database"),
        (asyncpg.UndefinedColumnError("x"), 78, "migrate notes"),
        (asyncpg.ReadOnlySQLTransactionError("x"), 75, "takes no changes"),
        (nats.errors.NoServersError(), 75, "NATS cannot be reached"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), 75, "cannot be reached"),
        (OSError(errno.ENOSPC, "No space left on device", "a.csv"), 75, "disk of this machine is full"),
        (PermissionError(errno.EACCES, "Permission denied", "{a}.csv"), 2, "{a}.csv: Permission denied."),
    ],
)
def test_what_an_operator_can_mend_is_explained_without_sql(error, code, text, wrap):
    reason = explain(wrap(error), NAMES)
    assert (reason.code, text in str(reason)) == (code, True)
    assert "SELECT" not in str(reason)
    assert "\n" not in str(reason)


@pytest.mark.parametrize(
    "error", [KeyError("x"), asyncpg.PostgresSyntaxError("x"), asyncpg.UniqueViolationError("x")]
)
def test_a_fault_of_ours_is_not_explained_away(error):
    assert explain(error, NAMES) is None
    assert explain(wrap_as_sqlalchemy(error), NAMES) is None


def test_an_interrupted_command_ends_as_the_shell_expects():
    assert explain(KeyboardInterrupt(), NAMES).code == 130


def test_wrong_settings_are_all_named_and_no_value_is_shown(monkeypatch):
    class Wrong(chassis.settings.Settings):
        model_config = SettingsConfigDict(env_prefix="WRONG_")
        seats: int = Field(ge=1)

    monkeypatch.setenv("WRONG_SEATS", "hunter2")
    with pytest.raises(CommandError) as caught:
        read_settings(Wrong)
    assert "WRONG_DATABASE_URL is not set; WRONG_SEATS: Input should be a valid integer" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_progress_is_a_line_for_each_step_and_one_each_half_second(monkeypatch):
    now = 100.0
    monkeypatch.setattr(commands.time, "monotonic", lambda: now)
    stream = io.StringIO()
    with JsonReporter(stream) as report:
        for rows in range(0, 80, 10):
            report.progress("reading", rows, 100)
            now += 0.125
        report.progress("writing", 100, 100, note="slowly")
        assert report.finish(ExitCode.REFUSED, "rejected", line=7) == 1
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["rows"] for line in lines[:2]] == [0, 40]
    assert lines[2:] == [
        {"step": "writing", "rows": 100, "total": 100, "note": "slowly"},
        {"outcome": "rejected", "line": 7},
    ]


def test_a_terminal_gets_a_bar_and_readable_facts():
    stream = _Terminal()
    with make_reporter(stream) as report:
        assert isinstance(report, TerminalReporter)
        report.progress("reading", 50, 100)
        report.finish(ExitCode.DONE, "loaded", rows_per_second=112_339, notes={"a": 1})
    text = stream.getvalue()
    assert "reading" in text
    assert "50/100" in text
    assert 'outcome              loaded\nrows per second      112,339\nnotes                {"a": 1}' in text
    assert text.rindex("\x1b[?25h") < text.rindex("outcome")  # the cursor is shown again


def test_a_terminal_without_rich_gets_json_lines(monkeypatch):
    monkeypatch.setattr(commands.importlib.util, "find_spec", lambda name: None)
    assert isinstance(make_reporter(_Terminal()), JsonReporter)


def test_the_bar_is_taken_away_when_a_command_fails():
    stream = _Terminal()
    with pytest.raises(KeyError), make_reporter(stream) as report:
        report.progress("reading", 1, 2)
        raise KeyError
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


class _Terminal(io.StringIO):
    def isatty(self):
        return True
