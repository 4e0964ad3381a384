"""The command ``python -m chassis run casework proclaim-holiday``: for operators of the region."""

import argparse
from datetime import date

from casework.calendar.actions import bank_holidays
from casework.calendar.rules.bank_holidays import Proclamation
from casework.calendar.rules.nations import Division
from chassis.commands import CommandError, ExitCode, make_reporter
from chassis.database import Database
from chassis.settings import Settings

_MAX_TEXT = 500


async def proclaim_holiday(settings: Settings, arguments: list[str]) -> int:
    """Add a bank holiday that was proclaimed, or take one away, with source and reason.

    Every council's calendars have it at once.
    """
    parser = argparse.ArgumentParser(
        prog="run casework proclaim-holiday", description=proclaim_holiday.__doc__
    )
    parser.add_argument("--day", required=True, type=date.fromisoformat, help="such as 2027-07-23")
    parser.add_argument(
        "--division",
        required=True,
        action="append",
        choices=[division.value for division in Division],
        help="repeat it for several",
    )
    parser.add_argument("--source", required=True, type=_read_text, help="the proclamation, or where it is")
    parser.add_argument(
        "--reason", required=True, type=_read_text, help="why, in a sentence; it is shown beside the day"
    )
    parser.add_argument("--name", type=_read_text, help="such as: World Cup bank holiday")
    parser.add_argument("--name-cy", type=_read_text, help="its name in Welsh")
    parser.add_argument("--by", required=True, type=_read_text, help="your name")
    parser.add_argument("--withdraw", action="store_true", help="the day is no bank holiday")
    options = parser.parse_args(arguments)
    if not options.withdraw and not (options.name and options.name_cy):
        raise CommandError(ExitCode.USAGE, "A new bank holiday needs --name and --name-cy.")
    divisions = tuple(division for division in Division if division.value in options.division)
    proclamation = Proclamation(
        options.day,
        divisions,
        not options.withdraw,
        options.name or "",
        options.name_cy or "",
        options.source,
        options.reason,
    )
    with make_reporter() as report:
        await _enter(settings, proclamation, options.by)
        outcome = "withdrawn" if options.withdraw else "proclaimed"
        return report.finish(ExitCode.DONE, outcome, day=f"{options.day}", divisions=options.division)


def _read_text(text: str) -> str:
    """Read an argument. Raises ArgumentTypeError for one that is empty, too long or not printable."""
    stripped = text.strip()
    if not stripped or len(stripped) > _MAX_TEXT or not stripped.isprintable():
        raise argparse.ArgumentTypeError(f"needs 1 to {_MAX_TEXT} printable characters")
    return stripped


async def _enter(settings: Settings, proclamation: Proclamation, operator: str) -> None:
    database = Database(settings, "casework-proclaim", rows_secured=True)
    try:
        async with database.writing() as session:
            await bank_holidays.proclaim(session, proclamation, operator)
    except bank_holidays.Refusal as refusal:
        raise CommandError(ExitCode.REFUSED, f"{refusal}.") from None
    finally:
        await database.close()
