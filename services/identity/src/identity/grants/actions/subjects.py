"""The pairwise names by which the services of a sector know a person and their session."""

from uuid import UUID

from chassis.database import ReadSession
from identity.clients.actions import clients
from identity.grants.rules import subjects
from identity.issuer.actions.signing_keys import Issuer

IDENTITY_SCOPES = frozenset({"openid", "email", "phone", "offline_access"})
"""The scopes that say what a client learns; the others say what it may do."""


def derive_subject(issuer: Issuer, sector: str, account: UUID) -> str:
    """Derive the ``sub`` by which the services of a sector know the person."""
    return subjects.derive_pairwise(issuer.subject_key, sector, "account", account)


async def list_subjects(session: ReadSession, issuer: Issuer, account: UUID, *councils: str) -> list[str]:
    """List the subjects by which the services of councils know the person: one in each of their sectors."""
    return [
        derive_subject(issuer, sector, account) for sector in await clients.list_sectors(session, *councils)
    ]


def derive_sid(issuer: Issuer, sector: str, session: UUID) -> str:
    """Derive the ``sid`` by which the services of a sector know the person's session."""
    return subjects.derive_pairwise(issuer.subject_key, sector, "session", session)
