"""Token revocation at a client's request (RFC 7009)."""

from datetime import timedelta

from chassis.auth import Caller
from chassis.database import Session
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import grants, token_records
from identity.issuer.actions import revocations
from identity.shared.rules import crypto


async def revoke_token(
    session: Session, provider: Provider, client: Client, caller: Caller | None, token: str
) -> None:
    """Revoke the client's token (RFC 7009 section 2.1); with a refresh token the whole grant.

    ``caller``: whom an access token speaks for; None tries a refresh token. Another client's token stays.
    """
    if caller is not None:
        if caller.client_id == client.client_id:
            last = provider.issuer.to_datetime(caller.expires) + timedelta(seconds=crypto.GRACE_SECONDS)
            council = client.record.council
            await revocations.revoke_credential(session, council, caller.token_id, last, claim="jti")
        return
    grant = await token_records.lock_by_refresh_token(session, token)
    if grant is not None and grant.client == client.id:
        await grants.revoke_grant(session, grant.council, grant.grant_id, provider.now())
