"""What a client may learn of a person, and by which name."""

from uuid import UUID

from identity.grants.rules import subjects
from identity.issuer.actions.signing_keys import Issuer

OF_PEOPLE = frozenset({"openid", "email", "phone", "offline_access"})
"""The scopes that say what a client learns; the others say what it may do."""


def subject(issuer: Issuer, council: str, account: UUID) -> str:
    """How the services of a council know the person."""
    return subjects.pairwise(issuer.naming, council, "account", account)


def session_name(issuer: Issuer, council: str, session: UUID) -> str:
    """How the services of a council know the person's session (``sid``)."""
    return subjects.pairwise(issuer.naming, council, "session", session)
