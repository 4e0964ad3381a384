"""Where a person stands in a service: their draft, the walk, and the facts that it leads to."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from apps.recipes.bundle import Bundle, Question
from apps.recipes.expressions.values import Answers, local_day
from apps.recipes.walk import Walk, collect_values, walk
from chassis import clock
from chassis.database import Database
from resident.drafts.actions import Draft, StaleDraftError, find_draft, save_draft, start_draft
from resident.drafts.rules import Seal
from resident.facts.schemas import FactRecord, Fields, GazetteerAddress
from resident.forms.rules.words import Reader
from resident.publication.actions.reads import get_bundle, get_live_row, read_bundle

_FRESH = timedelta(minutes=10)


class Facts(Protocol):
    """Where facts and addresses come from, within a page's time."""

    async def walk(
        self, bundle: Bundle, answers: Answers, known_facts: Mapping[str, FactRecord], now: datetime
    ) -> tuple[Walk, dict[str, FactRecord]]:
        """Walk a bundle and look up what its path needs and is not held; returns the facts of the path."""

    async def find_addresses(self, text: str) -> Sequence[GazetteerAddress] | None:
        """Find addresses of the council by a postcode; None if nobody can say now."""


@dataclass
class Progress:
    """A person at a service. ``draft`` is no row before the first answer: its version is 0 then.

    ``submission``: what this browser sent last of the service, if it has not begun again.
    """

    bundle: Bundle
    draft: Draft
    now: datetime
    walk: Walk
    submission: UUID | None = None

    @property
    def facts(self) -> Mapping[str, Fields | None]:
        """Return the fields of facts that were looked up."""
        return {name: fact.fields for name, fact in self.draft.facts.items()}

    @property
    def is_started(self) -> bool:
        """Say whether there is anything to come back to, or to delete."""
        return self.draft.version > 0

    def may_show(self, question: Question) -> bool:
        """Say whether a question's page may be shown: it is on the path, or next."""
        return question.id in self.walk.pages or self.walk.id == question.id

    def has_options(self, question: Question) -> bool:
        """Say whether a choice has options; a fact that is out has none, and the person writes."""
        return not question.options_from or bool(self.facts.get(question.options_from))

    def page_before(self, question_id: str) -> str:
        """Name the page before a question; empty at the first."""
        pages = self.walk.pages
        if question_id in pages:
            number = pages.index(question_id)
            return pages[number - 1] if number else ""
        return pages[-1] if pages else ""

    @property
    def next_page(self) -> str:
        """Name the page where the person goes on: a question, ``stop`` or ``check``."""
        return self.walk.id if self.walk.outcome == "page" else self.walk.outcome

    def read_in(self, language: str) -> Reader:
        """Make the reader of the service's words."""
        values = collect_values(self.bundle, self.draft.answers, self.facts, self.now)
        on_path = {name: self.draft.answers[name] for name in self.walk.pages}
        return Reader(self.bundle, values, self.facts, on_path, local_day(self.now), language)


async def open_progress(
    database: Database, council: str, service: str, seal: Seal, language: str
) -> Progress:
    """Open a person's progress; at its beginning if they have no draft. Raises Problem (404)."""
    now = clock.now()
    async with database.reading(council) as session:
        draft = await find_draft(session, council, service, seal)
        submission = draft.id if draft is not None and draft.state == "submitted" else None
        if draft is None or draft.state == "submitted":
            live = await get_live_row(session, council, service)
            bundle = read_bundle(live.content)
            draft = start_draft(council, service, live.id, language, seal)
        else:
            bundle = await get_bundle(session, council, draft.bundle_id)
    facts = {name: fact.fields for name, fact in draft.facts.items()}
    return Progress(bundle, draft, now, walk(bundle, draft.answers, facts, now), submission)


async def settle(progress: Progress, facts: Facts) -> bool:
    """Look up what the walk needs; returns whether the draft has other facts now. Hold no session open."""
    draft = progress.draft
    progress.walk, answered = await facts.walk(progress.bundle, draft.answers, draft.facts, progress.now)
    # An outage that lasts is no news.
    before = {name: (fact.key, fact.fields) for name, fact in draft.facts.items()}
    draft.facts = answered
    return before != {name: (fact.key, fact.fields) for name, fact in answered.items()}


async def settle_anew(database: Database, progress: Progress, facts: Facts) -> None:
    """Look up again what is not of the last minutes: money and stops depend on it."""
    draft = progress.draft
    draft.facts = {name: fact for name, fact in draft.facts.items() if _is_fresh(fact, progress.now)}
    await refresh(database, progress, facts)


def _is_fresh(fact: FactRecord, now: datetime) -> bool:
    return now - datetime.fromisoformat(fact.at) < _FRESH


async def refresh(database: Database, progress: Progress, facts: Facts) -> None:
    """Look up what is due when a page is shown, and keep it; another tab may have done so before."""
    if await settle(progress, facts) and progress.is_started:
        with suppress(StaleDraftError):
            await save(database, progress)


async def save(database: Database, progress: Progress) -> None:
    """Save the draft, with the page where the person stands. Raises StaleDraftError."""
    progress.draft.page = progress.next_page
    async with database.writing(progress.draft.council) as session:
        await save_draft(session, progress.draft)


async def save_answer(database: Database, progress: Progress, name: str, answer: Any, facts: Facts) -> None:
    """Save an answer by the id of its question, with the facts that it leads to. Raises StaleDraftError."""
    draft = progress.draft
    draft.answers[name] = answer
    draft.saved[name] = draft.version + 1
    await settle(progress, facts)
    await save(database, progress)
