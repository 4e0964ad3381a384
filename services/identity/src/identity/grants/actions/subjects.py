"""The pairwise names by which a council's services know a person and their session."""

from uuid import UUID

from identity.grants.rules import subjects
from identity.issuer.actions.signing_keys import Issuer

IDENTITY_SCOPES = frozenset({"openid", "email", "phone", "offline_access"})
"""The scopes that say what a client learns; the others say what it may do."""


def derive_subject(issuer: Issuer, council: str, account: UUID) -> str:
    """Derive the ``sub`` by which the services of a council know the person."""
    return subjects.derive_pairwise(issuer.subject_key, council, "account", account)


def derive_sid(issuer: Issuer, council: str, session: UUID) -> str:
    """Derive the ``sid`` by which the services of a council know the person's session."""
    return subjects.derive_pairwise(issuer.subject_key, council, "session", session)
