"""How a person comes to the pages of the account about other providers, from rows of who is linked."""

from datetime import UTC, datetime

from sqlalchemy import text

from chassis import ids
from identity.accounts.tables import upstream_account
from identity.upstreams.tables import upstream
from tests.browser.every_page import Visit, way
from tests.browser.test_proving import ONE_LOGIN


async def linked(visit: Visit) -> None:
    """With GOV.UK One Login of the council."""
    now, subject = datetime.now(UTC), f"urn:fdc:gov.uk:2022:{ids.show(visit.account)}"
    async with visit.database.writing("citytown") as session:
        upstream_id = await session.scalar(text("SELECT id FROM upstream LIMIT 1"))
        if upstream_id is None:
            upstream_id = ids.new()
            values = {**ONE_LOGIN, "id": upstream_id, "created_at": now, "updated_at": now}
            await session.execute(upstream.insert(), values)
        row = {"council": "citytown", "upstream": upstream_id, "subject": subject, "account": visit.account}
        await session.execute(upstream_account.insert(), {**row, "linked_at": now})


@way("upstreams.html")
async def _upstreams(visit: Visit) -> None:
    await linked(visit)
    await visit.signed_in()
    await visit.go("account/upstreams")


@way("passkey-last.html")
async def _passkey_last(visit: Visit) -> None:
    async with visit.database.writing() as session:
        delete_email = text("DELETE FROM account_email WHERE account = :who")
        await session.execute(delete_email, {"who": visit.account})
    await visit.with_passkey("Phone")
    await visit.signed_in("passkey")
    await visit.go("account/passkeys")
    await visit.tab.click("form[action$=remove] button")
    await visit.tab.wait_for_url("**/remove")
