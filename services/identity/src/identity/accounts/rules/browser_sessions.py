"""A session in a browser: how somebody signed in there, by their own means and at councils' upstreams."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UpstreamSignIn:
    """A sign-in at an upstream that a council registered. ``method``: see ``rules.factors``."""

    council: str
    upstream: UUID
    method: str
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A live session as it is stored. ``assurance.rules.sign_in_at`` tells what it counts for at a council.

    ``own_methods``: the account's own means used in it. ``own_at``: when they last signed the person in by
    themselves; None if they never did, as when a code of the app followed a sign-in at an upstream.
    """

    account: UUID
    session: UUID
    own_methods: frozenset[str]
    own_at: datetime | None
    upstreams: tuple[UpstreamSignIn, ...]
    language: str


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Somebody signed in in a browser, as far as it counts where they are.

    ``methods``: those that count there, see ``rules.factors``; ``upstreams``: where they came from.
    """

    account: UUID
    session: UUID
    methods: frozenset[str]
    authenticated_at: datetime
    language: str
    upstreams: frozenset[UUID] = frozenset()
