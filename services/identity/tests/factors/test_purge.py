"""Housekeeping purges what signing in leaves behind."""

from sqlalchemy import text, update

from identity.factors.tables import passkey_challenge, sign_in
from services.identity.tests.factors.test_authenticators import set_up, take_first_step


async def test_expired_challenges_and_pending_sign_ins_are_purged(
    newcomer, browser, sent_emails, database, purge
):
    await set_up(await newcomer("purge@example.org"))
    tab = browser()
    await tab.get("/identity/sign-in")
    await take_first_step(tab, sent_emails, "purge@example.org")
    past = text("now() - interval '1 second'")
    for table in (passkey_challenge, sign_in):
        async with database.writing() as session:
            assert await session.execute(update(table).values(expires_at=past)) == 1
        await purge()
        async with database.reading() as session:
            assert await session.all(table.select()) == []
