"""Test helpers: mandates as people make them, with the page's actions and no page."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from identity.mandates.actions import confirmations, mandates, offers
from identity.settings import Settings
from identity.verification.actions.context import AuthContext


@cache
def auth():
    """What the actions need of a process: the clock, rate limits, the issuer's address."""
    key = base64.urlsafe_b64encode(b"for tests: thirty-two characters").decode()
    return AuthContext(Settings(database_url="postgresql://unused", master_key=key))


async def offer(
    database, principal, *, council="citytown", email=None, theme="waste", ends=None, mode="live"
):
    """Offer as a service does: the row, and the code."""
    request = offers.OfferRequest(
        theme, ends or datetime.now(UTC) + timedelta(days=30), "Rosa Example", "Ben Example", email, mode
    )
    async with database.writing(council) as session:
        return await offers.offer_mandate(session, council, principal, request)


async def confirm(database, principal, mandate_id):
    """Confirm an offer as its principal."""
    async with database.writing() as session:
        row = await mandates.get_own(session, principal, mandate_id)
        return await confirmations.confirm_offer(session, auth(), row, principal)


async def accept(database, delegate, mandate_id):
    """Accept an offer as the one it is for."""
    async with database.writing() as session:
        await mandates.lock_account(session, delegate)
        row = await mandates.get_own(session, delegate, mandate_id)
        return await confirmations.accept_mandate(session, auth(), row, delegate)


async def enter_code(database, delegate, code):
    """Enter the code of an offer: its row."""
    async with database.writing() as session:
        return await offers.claim_by_code(session, delegate, code)


async def give(database, principal, delegate, email, **options):
    """Make a mandate that is in force: its row."""
    row, _ = await offer(database, principal, email=email, **options)
    await confirm(database, principal, row.id)
    return await accept(database, delegate, row.id)
