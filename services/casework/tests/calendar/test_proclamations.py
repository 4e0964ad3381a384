"""An operator proclaims a bank holiday: every council's dates have it at once, and the record stays."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.calendar.actions import commands
from chassis.commands import CommandError, ExitCode
from services.casework.tests.calendar.keeper import get, headers_of, url

HOLIDAY = [
    "--day", "2027-07-23", "--division", "scotland", "--name", "Games holiday", "--name-cy", "Gŵyl y Gemau",
    "--source", "Royal Proclamation of 1 July 2027", "--reason", "Commonwealth Games", "--by", "Ann Operator",
]  # fmt: skip
CLOCK = {"amount": 1, "unit": "working_days", "calendar": "any_uk"}


@pytest.fixture
async def proclaim(settings):
    async def run(*arguments):
        return await commands.proclaim_holiday(settings, [*HOLIDAY, *arguments])

    return run


async def compute_due(client, mint, council):
    body = {"start": "2027-07-22", "clock": CLOCK}
    response = await client.post(url("due-dates", council), json=body, headers=headers_of(mint, council))
    return response.json()["due"]


async def test_a_proclaimed_day_moves_dates_at_once_and_its_withdrawal_moves_them_back(
    client, mint, proclaim
):
    assert await compute_due(client, mint, "citytown") == "2027-07-23"
    assert await proclaim() is ExitCode.DONE
    for council in ("citytown", "hillshire"):
        assert await compute_due(client, mint, council) == "2027-07-26"
    holidays = (await get(client, mint, "bank-holidays", year=2027))["items"]
    games = next(item for item in holidays if item["day"] == "2027-07-23")
    assert (games["divisions"], games["reason"], games["source"]) == (
        ["scotland"], "Commonwealth Games", "Royal Proclamation of 1 July 2027",
    )  # fmt: skip
    with pytest.raises(CommandError, match="already bank holiday there") as error:
        await proclaim()
    assert error.value.code is ExitCode.REFUSED
    assert await proclaim("--withdraw") is ExitCode.DONE
    assert await compute_due(client, mint, "hillshire") == "2027-07-23"
    with pytest.raises(CommandError, match="no bank holiday there"):
        await proclaim("--withdraw")


@pytest.mark.parametrize("statement", ["UPDATE proclamation SET reason = ''", "DELETE FROM proclamation"])
async def test_what_was_proclaimed_is_kept_as_it_was_entered(database, statement):
    with pytest.raises(DBAPIError, match=r"kept as it was entered|permission denied"):
        async with database.writing() as session:
            await session.execute(text(statement))


@pytest.mark.parametrize(
    "arguments",
    [["--day", "2041-01-02"], ["--day", "1999-01-01"]],
)
async def test_a_day_of_a_year_that_is_not_loaded_is_refused(proclaim, arguments):
    with pytest.raises(CommandError, match="loaded from 2012 to 2040"):
        await proclaim(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--name", ""],
        ["--reason", "a\nb"],
        ["--reason", "x" * 501],
        ["--division", "wales"],
        ["--day", "soon"],
    ],
)
async def test_arguments_that_make_no_sense_are_refused(proclaim, arguments, capsys):
    with pytest.raises(SystemExit):
        await proclaim(*arguments)
    assert arguments[0] in capsys.readouterr().err


async def test_a_new_holiday_needs_its_name_in_both_languages(settings):
    arguments = [part for part in HOLIDAY if part not in {"--name-cy", "Gŵyl y Gemau"}]
    with pytest.raises(CommandError, match="needs --name and --name-cy"):
        await commands.proclaim_holiday(settings, arguments)
