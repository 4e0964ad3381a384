"""Changes of address and language, and closing an account."""

from sqlalchemy import text

from chassis import ids
from chassis.testing import published

ACCOUNT = "/identity/account"
REMAINING_TABLES = {"account", "account_history", "browser_session", "outbox", "revoked_token"}


async def last_code(sent_emails, address):
    emails = await sent_emails(address)
    return [email.personalisation["code"] for email in emails if "code" in email.personalisation][-1]


async def list_events(database, account):
    return [event for event in await published(database) if event.subject == ids.show(account)]


async def test_an_address_is_changed_with_a_code_to_the_new_one_and_a_notice_to_the_old(
    newcomer, sent_emails, account_of, database, signed_in_again
):
    tab = await newcomer("old@example.org")
    account = await account_of("old@example.org")
    response = await tab.post(f"{ACCOUNT}/email", email="New@example.org")
    assert response.headers["location"] == f"{ACCOUNT}/email/code"
    assert "old@example.org" in (await tab.get(ACCOUNT)).text
    response = await tab.post(f"{ACCOUNT}/email/code", code=await last_code(sent_emails, "New@example.org"))
    assert response.headers["location"] == ACCOUNT
    assert "New@example.org" in (await tab.get(ACCOUNT)).text
    assert (await sent_emails("old@example.org"))[-1].template == "changed-email"
    event = (await list_events(database, account))[-1]
    assert (event.type, event.data["changed"], event.sequence) == (
        "identity.account.changed.v1",
        ["email"],
        2,
    )
    assert "example.org" not in event.model_dump_json()
    assert await account_of("new@example.org") == account
    assert await account_of("old@example.org") is None


async def test_an_address_of_another_account_is_refused_and_its_owner_notified(
    newcomer, sent_emails, account_of
):
    await newcomer("owner@example.org")
    owner = await account_of("owner@example.org")
    tab = await newcomer("taker@example.org")
    response = await tab.post(f"{ACCOUNT}/email", email="owner@example.org")
    assert response.headers["location"] == f"{ACCOUNT}/email/code"
    assert (await sent_emails("owner@example.org"))[-1].template == "email-taken"
    assert (await tab.post(f"{ACCOUNT}/email/code", code="000000")).status_code == 400
    assert await account_of("owner@example.org") == owner


async def test_an_address_that_got_an_account_meanwhile_is_refused(newcomer, sent_emails, account_of):
    tab = await newcomer("slow@example.org")
    await tab.post(f"{ACCOUNT}/email", email="race@example.org")
    code = await last_code(sent_emails, "race@example.org")
    await newcomer("race@example.org")
    winner = await account_of("race@example.org")
    assert (await tab.post(f"{ACCOUNT}/email/code", code=code)).status_code == 303
    assert await account_of("race@example.org") == winner
    assert await account_of("slow@example.org") is not None


async def test_a_code_of_one_account_changes_no_other(newcomer, sent_emails, account_of, signed_in_again):
    tab = await newcomer("first@example.org")
    await newcomer("second@example.org")
    await tab.post(f"{ACCOUNT}/email", email="stolen@example.org")
    code = await last_code(sent_emails, "stolen@example.org")
    await signed_in_again("second@example.org", tab)
    await tab.post(f"{ACCOUNT}/email/code", code=code)
    assert await account_of("stolen@example.org") is None
    assert await account_of("second@example.org") is not None


async def test_the_language_of_pages_and_emails_is_chosen(newcomer, sent_emails):
    tab = await newcomer("iaith@example.org")
    assert (await tab.post(f"{ACCOUNT}/language", language="fr")).status_code == 400
    assert (await tab.post(f"{ACCOUNT}/language", language="cy")).headers["location"] == ACCOUNT
    assert "Eich cyfrif" in (await tab.get(ACCOUNT)).text
    await tab.post("/identity/sign-in", email="iaith@example.org")
    assert (await sent_emails("iaith@example.org"))[-1].language == "cy"


async def set_up_factors(tab):
    await tab.post(f"{ACCOUNT}/password", password="kettle orange window")
    await tab.get(f"{ACCOUNT}/authenticator")
    await tab.get(f"{ACCOUNT}/passkeys")


async def find_tables(database, needle):
    """Find the tables with a row that contains a text."""
    async with database.writing("*") as session:
        names = await session.all(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        tables = set()
        for name in names:
            query = text(f"SELECT count(*) FROM {name.tablename} AS whole WHERE whole::text ILIKE :needle")
            if await session.scalar(query, {"needle": f"%{needle}%"}):
                tables.add(name.tablename)
    return tables


async def test_a_closed_account_leaves_only_its_id_and_impersonal_events(
    newcomer, account_of, database, signed_in_again, sent_emails
):
    tab = await newcomer("erase-me@example.org")
    account = await account_of("erase-me@example.org")
    await set_up_factors(tab)
    other = await signed_in_again("erase-me@example.org")
    assert (await tab.post(f"{ACCOUNT}/close")).status_code == 400
    response = await tab.post(f"{ACCOUNT}/close", sure="yes")
    assert "Your account is closed" in response.text
    assert tab.session is None
    assert (await other.get(ACCOUNT)).status_code == 303
    assert await find_tables(database, account) <= REMAINING_TABLES
    assert (await sent_emails("erase-me@example.org"))[-1].template == "closed"
    async with database.writing("*") as session:
        await session.execute(text("DELETE FROM message"))  # the worker deletes e-mails once they are sent
        status = await session.scalar(text("SELECT status FROM account WHERE id = :who"), {"who": account})
    assert status == "closed"
    assert await find_tables(database, "erase-me") == set()
    assert await find_tables(database, "kettle") == set()
    types = [event.type for event in await list_events(database, account)]
    assert types[-1] == "identity.account.closed.v1"


async def test_closing_an_account_ends_its_sessions_and_publishes_the_reason(
    newcomer, account_of, database, signed_in_again
):
    tab = await newcomer("ends@example.org")
    account = await account_of("ends@example.org")
    await signed_in_again("ends@example.org")
    await tab.post(f"{ACCOUNT}/close", sure="yes")
    reasons = [
        event.data["reason"]
        for event in await published(database)
        if event.type == "identity.session.ended.v1" and event.data["account"] == ids.show(account)
    ]
    assert reasons == ["account-closed"] * 2


async def test_the_address_of_a_closed_account_can_open_another(newcomer, account_of):
    tab = await newcomer("again@example.org")
    first = await account_of("again@example.org")
    await tab.post(f"{ACCOUNT}/close", sure="yes")
    await newcomer("again@example.org")
    assert await account_of("again@example.org") not in (None, first)
