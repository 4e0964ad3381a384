"""Publishes a council's services: sent and prepared, flipped by one row, and taken back.

No connection is held while casework is asked. A crash after the preparation leaves nothing visible: pages
show what the one row says, and their cases name the version that their bundle was prepared for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from apps.recipes.bundle import dump_bundle
from apps.recipes.compile.bindings import BindingError
from chassis import clock, ids
from chassis.database import Database
from chassis.etags import Precondition, refuse_without_version
from chassis.problems import Problem, conflict
from resident.publication import store
from resident.publication.actions.case_types import CaseTypes
from resident.publication.actions.reads import get_bundle_row, read_bundle
from resident.publication.actions.recipes import Compiled
from resident.publication.rules import list_sensitive_changes

_NOUN = "service"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes for one council, in the name of somebody. ``alone``: needs no second person, as who runs
    the installation from a folder."""

    database: Database
    case_types: CaseTypes
    council: str
    by: str
    alone: bool = False

    async def send(self, compiled: Compiled) -> Row[Any]:
        """Prepare a checked service, and keep its bundle. The same content again changes nothing.

        Raises RecipeError for what the case type does not allow, and Problem.
        """
        bundle = compiled.bundle
        try:
            prepared = await self.case_types.prepare(bundle)
        except BindingError as error:
            raise compiled.place(error) from None
        values = {
            "id": ids.new(),
            "service": bundle.service,
            "digest": bundle.digest,
            "content": dump_bundle(bundle),
            "created_at": clock.now(),
            "sent_by": self.by,
            "case_number": prepared.number,
            "case_fields": list(prepared.fields),
        }
        async with self.database.writing(self.council) as session:
            await store.keep_bundle(session, self.council, values)
            row = await store.find_by_digest(session, self.council, bundle.service, bundle.digest)
            if row is None:
                raise LookupError("the bundle that was kept is gone")
            if row.case_number != prepared.number:  # casework ships another text than at the first time
                await store.set_prepared(session, self.council, row.id, *prepared)
        return row

    async def publish(self, service: str, bundle_id: UUID, precondition: Precondition | None) -> Row[Any]:
        """Show a bundle. Raises Problem 403, 404, 409, 412, 428."""
        async with self.database.reading(self.council) as session:
            row = await get_bundle_row(session, self.council, bundle_id)
            live = await store.find_live(session, self.council, service)
        if row.service != service:
            raise conflict("other-service", f"This version is of {row.service}. Publish it there.")
        _check(live, precondition)
        self._check_second_person(live, row)
        return await self._flip(live, row, is_back=False)

    async def go_back(self, service: str, precondition: Precondition | None) -> Row[Any]:
        """Show what was live before. Raises Problem 404, 409, 412, 428."""
        async with self.database.reading(self.council) as session:
            live = await store.find_live(session, self.council, service)
            if live is None or live.bundle_before is None:
                raise conflict("nothing-before", "Nothing was live before: there is no way back.")
            row = await get_bundle_row(session, self.council, live.bundle_before)
        _check(live, precondition)
        return await self._flip(live, row, is_back=True)

    async def _flip(self, live: Row[Any] | None, row: Row[Any], *, is_back: bool) -> Row[Any]:
        """Flip the one row, unless another did meanwhile; what is live already stays."""
        if live is not None and live.id == row.id:
            return live
        await self.case_types.publish(read_bundle(row.content), row.case_number)
        moment = clock.now()
        values: Mapping[str, Any] = {
            "service": row.service,
            "bundle": row.id,
            "published_at": moment,
            "published_by": self.by,
        }
        async with self.database.writing(self.council) as session:
            if not await store.flip(session, self.council, 0 if live is None else live.version, values):
                raise conflict("published-meanwhile", "Somebody published meanwhile. Read it again.")
            before = None if live is None else live.id
            entry = {**values, "id": ids.new(), "bundle_before": before, "is_back": is_back}
            await store.record(session, self.council, entry)
            flipped = await store.find_live(session, self.council, row.service)
        if flipped is None:
            raise LookupError("what was published is gone")
        return flipped

    def _check_second_person(self, live: Row[Any] | None, row: Row[Any]) -> None:
        before = None if live is None else read_bundle(live.content)
        changes = list_sensitive_changes(before, read_bundle(row.content))
        if changes and row.sent_by == self.by and not self.alone:
            detail = f"This changes: {', '.join(changes)}. Somebody other than who sent it must publish it."
            raise Problem(403, "second-person-needed", detail, changes=changes)


def _check(live: Row[Any] | None, precondition: Precondition | None) -> None:
    """Check that what is live is what the caller has seen. Raises Problem 412 or 428."""
    if live is None:
        return
    if precondition is None:
        raise refuse_without_version(_NOUN)
    precondition.check(live.version, _NOUN)
