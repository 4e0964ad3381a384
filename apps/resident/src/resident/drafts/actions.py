"""Opens, saves, closes and deletes drafts: the answers of people who are not done yet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.encryption import WrongKeyError
from chassis.jobs import Every, Purge
from resident.drafts import store
from resident.drafts.rules import Seal, open_content, seal_content
from resident.facts.schemas import FactRecord

GUEST_LIFE = timedelta(hours=24)


class StaleDraftError(Exception):
    """The draft was changed or sent in another tab, or is gone."""


@dataclass(slots=True)
class Draft:
    """A draft, opened. ``saved``: by question, the version of the draft that brought its answer.

    ``searches``: by question of an address, the addresses found for what was last searched. ``page``: where
    the person stands. ``id`` is the submission's too.
    """

    id: UUID
    council: str
    service: str
    bundle_id: UUID
    language: str
    seal: Seal = field(repr=False)
    answers: dict[str, Any] = field(default_factory=dict, repr=False)
    facts: dict[str, FactRecord] = field(default_factory=dict, repr=False)
    saved: dict[str, int] = field(default_factory=dict)
    searches: dict[str, Any] = field(default_factory=dict, repr=False)
    page: str = ""
    channel: str = "web"
    state: str = "open"
    version: int = 0  # 0: it is no row yet


async def find_draft(session: ReadSession, council: str, service: str, seal: Seal) -> Draft | None:
    """Find a browser's newest draft of a service, in whatever state; None too if it cannot be opened."""
    if not seal.secret:
        return None
    row = await store.find_draft(session, council, service, seal.secret_hash, clock.now())
    return None if row is None else _open(row, seal)


def start_draft(council: str, service: str, bundle_id: UUID, language: str, seal: Seal) -> Draft:
    """Start a draft in memory: the first answer that is saved makes its row."""
    return Draft(ids.new(), council, service, bundle_id, language, seal)


async def save_draft(session: Session, draft: Draft) -> None:
    """Save a draft, sealed anew; it lives on for a day. Raises StaleDraftError."""
    now = clock.now()
    values = {
        "sealed": seal_content(draft.seal, draft.id, _write_content(draft)),
        "key_id": draft.seal.key_id,
        "language": draft.language,
        "page": draft.page,
        "touched_at": now,
        "expires_at": now + GUEST_LIFE,
    }
    if draft.version:
        saved = await store.save_draft(session, draft.council, draft.id, draft.version, values)
    else:
        saved = await store.add_draft(session, {**values, **_write_new(draft), "created_at": now})
    if not saved:
        raise StaleDraftError
    draft.version += 1


async def close_draft(session: Session, draft: Draft) -> None:
    """Close a draft that is sent, in the transaction which records that. Its answers go; it stays for a day.

    Raises StaleDraftError if another tab changed it: what was checked is not what would be sent.
    """
    expires_at = clock.now() + GUEST_LIFE
    if not await store.close_draft(session, draft.council, draft.id, draft.version, expires_at):
        raise StaleDraftError
    draft.version += 1
    draft.state = "submitted"


async def delete_draft(session: Session, draft: Draft) -> None:
    """Delete a draft. A count of its page is left."""
    await store.delete_draft(session, draft.council, draft.id, clock.now())


async def purge_drafts(session: Session, most: int) -> int:
    """Delete a batch of drafts that have expired. A count by page is left."""
    return await store.purge_drafts(session, most, clock.now())


PURGES = (Purge("resident.purge_drafts", Every(3600), purge_drafts),)


def _write_new(draft: Draft) -> Mapping[str, Any]:
    return {
        "council": draft.council,
        "id": draft.id,
        "service": draft.service,
        "bundle": draft.bundle_id,
        "secret_hash": draft.seal.secret_hash,
        "channel": draft.channel,
        "state": "open",
        "version": 1,
    }


def _write_content(draft: Draft) -> Mapping[str, Any]:
    facts = {name: asdict(fact) for name, fact in draft.facts.items()}
    return {
        "answers": draft.answers,
        "facts": facts,
        "saved": draft.saved,
        "searches": draft.searches,
    }


def _open(row: Row[Any], seal: Seal) -> Draft | None:
    """Open a row. One that was sealed with another key of the server's is lost."""
    content: dict[str, Any] = {"answers": {}, "facts": {}, "saved": {}, "searches": {}}
    if row.state == "open":
        try:
            content = open_content(seal, row.id, bytes(row.sealed))
        except WrongKeyError:
            return None
    facts = {name: FactRecord(**fact) for name, fact in content.pop("facts").items()}
    return Draft(
        row.id,
        row.council,
        row.service,
        row.bundle,
        row.language,
        seal,
        facts=facts,
        page=row.page,
        channel=row.channel,
        state=row.state,
        version=row.version,
        **content,
    )
