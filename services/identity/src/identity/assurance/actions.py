"""The means of its own that an account can be signed in to with, whoever runs a council's upstream."""

from uuid import UUID

from chassis.database import ReadSession
from identity.accounts.actions import accounts
from identity.factors.actions import passkeys


async def get_only_council(session: ReadSession, account_id: UUID) -> str | None:
    """Get the council whose upstreams alone open an account; None for one with means of its own.

    None too where two councils' upstreams do: neither may then decide for the other. A password needs an
    address, and second steps open nothing alone. The session sees every council afterwards.
    """
    account = await accounts.get(session, account_id)
    if account is None or account.address is not None or await passkeys.list_passkeys(session, account_id):
        return None
    councils = await accounts.list_upstream_councils(session, account_id)
    return councils[0] if len(councils) == 1 else None


async def is_only_way_in(session: ReadSession, account_id: UUID, passkey_id: UUID) -> bool:
    """Tell whether a passkey is the last means of its own of an account. Upstreams do not count."""
    account = await accounts.get(session, account_id)
    others = [row for row in await passkeys.list_passkeys(session, account_id) if row.id != passkey_id]
    return not others and (account is None or account.address is None)
