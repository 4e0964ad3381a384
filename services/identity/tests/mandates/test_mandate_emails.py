"""Who is e-mailed about a mandate, and what a name in an e-mail may be."""

import asyncio

import pytest
from sqlalchemy import text

from chassis import ids
from identity.mandates.actions import mandates
from identity.mandates.actions.emails import printable_name
from services.identity.tests import mandate_steps
from services.identity.tests.mandates.test_mandates import (
    accept_offer,
    make_mandate,
    make_offer,
    make_person,
    run_in_council,
)


@pytest.fixture
def latest(sent_messages):
    """``await latest("jo@example.org")`` -> the newest e-mail's template and values; None without one."""

    async def latest_email(address):
        emails = await sent_messages(address)
        return emails[-1] if emails else None

    return latest_email


async def address_of(database, account):
    async with database.reading() as session:
        return await session.scalar(
            text("SELECT address FROM account_email WHERE account = :id"), {"id": account}
        )


async def test_nobody_is_emailed_of_an_offer_before_its_principal_confirms_it(
    database, latest, sent_messages
):
    principal, principal_email = await make_person(database)
    row, _ = await mandate_steps.offer(database, principal, email="nobody@example.invalid")
    assert await latest("nobody@example.invalid") is None
    assert await latest(principal_email) is None
    twice = [mandate_steps.confirm(database, principal, row.id) for _ in range(2)]
    await asyncio.gather(*twice)  # a double submit
    link = f"http://127.0.0.1:8000/identity/account/mandates/{ids.show(row.id)}"
    offered, confirmed = await latest("nobody@example.invalid"), await latest(principal_email)
    assert (offered.template, confirmed.template) == ("mandate-offered", "mandate-confirmed")
    assert offered.personalisation == {"name": "Rosa Example", "council": "Citytown Council", "link": link}
    assert confirmed.personalisation == {"name": "Ben Example", "council": "Citytown Council", "link": link}
    assert len(await sent_messages("nobody@example.invalid") + await sent_messages(principal_email)) == 2


async def test_an_offer_with_a_code_sends_no_email(database, latest):
    principal, principal_email = await make_person(database)
    _, code = await make_offer(database, principal)
    assert code
    assert (await latest(principal_email)).template == "mandate-confirmed"


async def test_both_sides_are_emailed_that_an_offer_was_accepted(database, latest):
    principal, principal_email = await make_person(database)
    delegate, delegate_email = await make_person(database)
    row, _ = await make_offer(database, principal, email=delegate_email)
    await accept_offer(database, delegate, row.id)
    accepted, acting = await latest(principal_email), await latest(delegate_email)
    assert (accepted.template, accepted.personalisation["name"]) == ("mandate-accepted", "Ben Example")
    assert (acting.template, acting.personalisation["name"]) == ("mandate-acting", "Rosa Example")


@pytest.mark.parametrize("by_principal", [True, False])
async def test_both_sides_are_emailed_that_a_mandate_ended(database, latest, by_principal):
    principal, delegate, mandate_id = await make_mandate(database)
    ending = principal if by_principal else delegate
    await run_in_council(
        database, lambda session: mandates.revoke_mandate(session, "citytown", ending, mandate_id)
    )
    for account_id, name in ((principal, "Ben Example"), (delegate, "Rosa Example")):
        email = await latest(await address_of(database, account_id))
        assert (email.template, email.personalisation["name"]) == ("mandate-ended", name)


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
    assert printable_name(name) == printed
