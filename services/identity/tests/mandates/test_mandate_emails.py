"""Who is e-mailed about a mandate, and what a name in an e-mail may be."""

import pytest
from sqlalchemy import text

from identity.mandates.actions import mandates
from identity.mandates.actions.emails import _printable_name
from services.identity.tests.mandates.test_mandates import (
    accept_offer,
    make_mandate,
    make_offer,
    make_person,
    run_in_council,
)


@pytest.fixture
def latest(database):
    """``await latest("jo@example.org")`` -> the newest e-mail's template and values; None without one."""

    async def latest_email(address):
        statement = text(
            "SELECT template, personalisation FROM mail WHERE address = :to ORDER BY id DESC LIMIT 1"
        )
        async with database.reading() as session:
            return await session.first(statement, {"to": address})

    return latest_email


async def address_of(database, account):
    async with database.reading() as session:
        return await session.scalar(
            text("SELECT address FROM account_email WHERE account = :id"), {"id": account}
        )


async def test_an_offer_goes_to_its_address_whoever_has_it(database, latest):
    principal, _ = await make_person(database)
    await make_offer(database, principal, email="nobody@example.invalid")
    email = await latest("nobody@example.invalid")
    assert email.template == "mandate-offered"
    assert email.personalisation == {"name": "Rosa Example", "council": "Citytown Council"}


async def test_an_offer_with_a_code_sends_no_email(database, latest):
    principal, principal_email = await make_person(database)
    _, code = await make_offer(database, principal)
    assert code
    assert await latest(principal_email) is None


async def test_the_principal_is_emailed_that_their_offer_was_accepted(database, latest):
    principal, principal_email = await make_person(database)
    delegate, delegate_email = await make_person(database)
    row, _ = await make_offer(database, principal, email=delegate_email)
    assert await latest(principal_email) is None
    await accept_offer(database, delegate, row.id)
    assert (await latest(principal_email)).template == "mandate-accepted"
    assert (await latest(principal_email)).personalisation["name"] == "Ben Example"


@pytest.mark.parametrize("by_principal", [True, False])
async def test_the_other_side_is_emailed_that_a_mandate_ended(database, latest, by_principal):
    principal, delegate, mandate_id = await make_mandate(database)
    ending, other = (principal, delegate) if by_principal else (delegate, principal)
    await run_in_council(
        database, lambda session: mandates.revoke_mandate(session, "citytown", ending, mandate_id)
    )
    other_email, ending_email = await address_of(database, other), await address_of(database, ending)
    assert (await latest(other_email)).template == "mandate-ended"
    latest_to_ending = await latest(ending_email)
    assert latest_to_ending is None or latest_to_ending.template != "mandate-ended"
    assert (await latest(other_email)).personalisation["name"] == (
        "Rosa Example" if by_principal else "Ben Example"
    )


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Siân O'Neill-Huws", "Siân O'Neill-Huws"),
        ("You won! https://evil.example/x", "You won https evil example x"),
        ("x" * 300, "x" * 60),
        ("<b>\n\n", "b"),
        (None, "?"),
    ],
)
def test_a_name_in_an_email_is_no_advertisement(name, printed):
    assert _printable_name(name) == printed
