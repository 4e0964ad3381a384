"""Who hears of a mandate by a letter, and what a name in it may be."""

import pytest
from sqlalchemy import text

from identity.mandates.actions import mandates
from identity.mandates.actions.emails import _name
from services.identity.tests.mandates.test_mandates import accept, held, in_council, offer, person


@pytest.fixture
def latest(database):
    """``await latest("jo@example.org")`` -> the newest letter's template and values; None without one."""

    async def of(address):
        statement = text(
            "SELECT template, personalisation FROM mail WHERE address = :to ORDER BY id DESC LIMIT 1"
        )
        async with database.reading() as session:
            return await session.first(statement, {"to": address})

    return of


async def address_of(database, account):
    async with database.reading() as session:
        return await session.scalar(
            text("SELECT address FROM account_email WHERE account = :id"), {"id": account}
        )


async def test_an_offer_goes_to_its_address_whoever_has_it(database, latest):
    principal, _ = await person(database)
    await offer(database, principal, email="nobody@example.invalid")
    letter = await latest("nobody@example.invalid")
    assert letter.template == "mandate-offered"
    assert letter.personalisation == {"name": "Rosa Example", "council": "Citytown Council"}


async def test_an_offer_with_a_code_sends_no_letter(database, latest):
    principal, own = await person(database)
    _, code = await offer(database, principal)
    assert code
    assert await latest(own) is None


async def test_who_offered_hears_that_it_was_accepted(database, latest):
    principal, own = await person(database)
    delegate, email = await person(database)
    row, _ = await offer(database, principal, email=email)
    assert await latest(own) is None
    await accept(database, delegate, row.id)
    assert (await latest(own)).template == "mandate-accepted"
    assert (await latest(own)).personalisation["name"] == "Ben Example"


@pytest.mark.parametrize("by_principal", [True, False])
async def test_the_other_side_hears_that_it_ended(database, latest, by_principal):
    principal, delegate, mandate_id = await held(database)
    who, other = (principal, delegate) if by_principal else (delegate, principal)
    await in_council(database, lambda session: mandates.revoke(session, "citytown", who, mandate_id))
    told, silent = await address_of(database, other), await address_of(database, who)
    assert (await latest(told)).template == "mandate-ended"
    own = await latest(silent)
    assert own is None or own.template != "mandate-ended"
    assert (await latest(told)).personalisation["name"] == ("Rosa Example" if by_principal else "Ben Example")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Siân O'Neill-Huws", "Siân O'Neill-Huws"),
        ("You won! https://evil.example/x", "You won https evil example x"),
        ("x" * 300, "x" * 60),
        ("<b>\n\n", "b"),
        (None, "?"),
    ],
)
def test_a_name_in_a_letter_is_no_advertisement(written, shown):
    assert _name(written) == shown
