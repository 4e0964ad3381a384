"""The command ``python -m chassis run payments import-funds --council SLUG (--default NATION | FILE)``."""

import argparse
import asyncio
import json
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from chassis.commands import CommandError, ExitCode, make_reporter
from chassis.database import Database
from chassis.problems import Problem
from chassis.settings import Settings
from payments.funds.actions import imports
from payments.funds.schemas.imports import FinanceSet, Imported, Nation
from payments.funds.store import records
from payments.shared import days

_SUBJECT = "command"
_MAX_BYTES = 5_000_000


async def import_funds(settings: Settings, arguments: list[str]) -> int:
    """Import council finance data: a default set, or a JSON file as the API takes it. All, or nothing."""
    parser = argparse.ArgumentParser(prog="run payments import-funds", description=import_funds.__doc__)
    parser.add_argument("--council", required=True, help="slug of the council, such as citytown")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--default", choices=get_args(Nation), help="our set for this nation")
    source.add_argument("--file", type=Path)
    first_day = "the first day of funds that name none, such as 2026-04-01; by default today"
    parser.add_argument("--from", dest="first_day", type=date.fromisoformat, default=None, help=first_day)
    options = parser.parse_args(arguments)
    with make_reporter() as report:
        finance_set = await asyncio.to_thread(_read, options.file, options.default)
        imported = await _import(settings, options.council, finance_set, options.first_day or days.today())
        return report.finish(ExitCode.DONE, "imported", council=options.council, **imported.model_dump())


def _read(file: Path | None, default: str | None) -> FinanceSet:
    """Read the set to import. Raises CommandError for a file that is none."""
    if file is None:
        return FinanceSet.model_validate({"default": default})
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise CommandError(ExitCode.REFUSED, f"{file} has more than {_MAX_BYTES} bytes")
        return FinanceSet.model_validate(json.loads(file.read_bytes()))
    except OSError as error:
        raise CommandError(ExitCode.USAGE, f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, fault["loc"]))
        raise CommandError(ExitCode.REFUSED, f"{file}: {path} {fault['msg']}") from error
    except ValueError as error:
        raise CommandError(ExitCode.REFUSED, f"{file} is not JSON: {error}") from error


async def _import(settings: Settings, council: str, finance_set: FinanceSet, first_day: date) -> Imported:
    database = Database(settings, "payments-import", rows_secured=True)
    try:
        async with database.writing(council) as session:
            if not await records.has_council(session, council):
                message = f"{council} is not known here; it is as soon as the worker has its event"
                raise CommandError(ExitCode.USAGE, message)
            return await imports.apply_set(session, council, _SUBJECT, finance_set, first_day)
    except Problem as problem:
        raise CommandError(ExitCode.REFUSED, str(problem.detail)) from problem
    finally:
        await database.close()
