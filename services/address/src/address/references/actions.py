"""Set and end a property's references, and say what a scheme is.

A reference of a private scheme is seen, set and ended with a scope of its own; it leaves its trace in the
references' history alone. One of an open scheme is a change of the property: its version moves on, its
history names it and an event tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import ChangeContext, record_dependent
from address.properties.actions.checks import lock_property
from address.references import rules, store
from address.references.rules import Scheme
from address.references.schemas import Reference, ReferenceChange
from address.shared import lifecycle
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, invalid, not_found

_FIELD = "references"


@dataclass(frozen=True, slots=True)
class SchemeAtProperty:
    """A scheme at a property."""

    uprn: int
    slug: str
    scheme: Scheme


async def list_readable_schemes(session: ReadSession, council: str, caller: Caller) -> list[str] | None:
    """The schemes the caller may see; None for all."""
    own = await store.list_schemes(session, council)
    return rules.readable_slugs(rules.merge_schemes(own), private=rules.PRIVATE_SCOPE in caller.scopes)


async def get_readable_scheme(session: ReadSession, council: str, slug: str, caller: Caller) -> Scheme:
    """The scheme, to look into. Raises Problem 404, and 403 for a private one without the scope."""
    found = rules.merge_schemes(await store.list_schemes(session, council)).get(slug)
    if found is None:
        detail = f"There is no scheme {slug}. PUT /{council}/address/v1/reference-schemes/{slug} makes it."
        raise Problem(404, "not-found", detail)
    check_private(found, caller)
    return found


def check_private(found: Scheme, caller: Caller) -> None:
    """Raises Problem 403 for a private scheme without the scope."""
    if found.private and rules.PRIVATE_SCOPE not in caller.scopes:
        detail = f"The scheme is private: this needs the scope {rules.PRIVATE_SCOPE}."
        raise Problem(403, "missing-scope", detail, scope=rules.PRIVATE_SCOPE)


async def put_scheme(session: Session, act: ChangeContext, slug: str, wanted: Scheme) -> None:
    """Make a scheme or change it. Raises Problem 403 and 409."""
    await store.lock_schemes(session, act.council)
    own = await store.list_schemes(session, act.council)
    before = rules.merge_schemes(own).get(slug)
    if before is None and await store.is_used(session, act.council, slug):
        before = rules.UNDEFINED
    if before is not None:
        check_private(before, act.caller)
    if slug not in own and len(own) >= rules.MAX_SCHEMES:
        raise conflict(
            "too-many-schemes", f"A council may have {rules.MAX_SCHEMES} schemes of its own at most."
        )
    if not wanted.many:
        several = await store.find_with_several(session, act.council, slug, act.today)
        if several is not None:
            detail = f"Property {several} has several references in {slug}. End all but one of each first."
            raise conflict("several-references", detail)
    await store.put_scheme(session, act.council, slug, wanted)


async def put_reference(
    session: Session, act: ChangeContext, place: SchemeAtProperty, asked: ReferenceChange
) -> tuple[Reference, bool]:
    """Set a reference; where a property has only one, it takes the others' place. Whether it is new.

    Raises Problem 404 and 409.
    """
    before = await _list_for_change(session, act, place, writable=True)
    old = next((row for row in before if row.reference == asked.reference), None)
    held = old is not None and _holds_after(old, act.today)
    start = asked.start_date or (old.start_date if old is not None and held else act.today)
    if asked.end_date is not None and asked.end_date < start:
        raise invalid("body.end_date", f"lies before {start}, when the reference begins to hold")
    ended = []
    if not place.scheme.many and (asked.end_date is None or asked.end_date > act.today):
        others = [row for row in before if row.reference != asked.reference]
        ended = await _end_others(session, act, place, others, start)
    same = old is not None and (old.start_date, old.end_date) == (start, asked.end_date)
    if not same:
        await _write(session, act, place, asked.reference, "set", start, asked.end_date)
    if ended or not same:
        await _record(session, act, place, ended, [asked.reference])
    days = {"start_date": start, "end_date": asked.end_date}
    made = Reference(uprn=str(place.uprn), scheme=place.slug, reference=asked.reference, **days)
    return made, not held


async def _end_others(
    session: Session, act: ChangeContext, place: SchemeAtProperty, others: Sequence[Row[Any]], start: date
) -> list[str]:
    """What still holds when another starts ends on that day."""
    ended = [row for row in others if _holds_after(row, max(start, act.today))]
    for row in ended:
        last = max(start, row.start_date)
        await _write(session, act, place, row.reference, "ended", row.start_date, last)
    return [row.reference for row in ended]


async def end_reference(
    session: Session, act: ChangeContext, place: SchemeAtProperty, reference: str | None
) -> None:
    """End the property's reference today; ``reference`` says which where it has several.

    Raises Problem 404 and 409.
    """
    held = [
        row
        for row in await _list_for_change(session, act, place, writable=False)
        if _holds_after(row, act.today)
    ]
    if reference is not None:
        held = [row for row in held if row.reference == reference]
    if not held:
        raise not_found("such reference of the property that still holds")
    if len(held) > 1:
        detail = "The property has several references in this scheme. Say which one with ?reference="
        raise conflict("several-references", detail)
    row = held[0]
    await _write(session, act, place, row.reference, "ended", row.start_date, max(act.today, row.start_date))
    await _record(session, act, place, [row.reference], [])


async def _list_for_change(
    session: Session, act: ChangeContext, place: SchemeAtProperty, *, writable: bool
) -> Sequence[Row[Any]]:
    """The property's references of the scheme, nobody else changing them."""
    locked = await lock_property(session, act.council, place.uprn)
    if writable and locked.logical_status == lifecycle.HISTORIC:
        detail = "The property is retired. Its references can be read and ended, and no new one is given."
        raise conflict("property-retired", detail)
    return await store.list_known(session, act.council, place.uprn, place.slug)


def _holds_after(row: Row[Any], day: date) -> bool:
    """Whether it holds on the day or will later."""
    return row.end_date is None or row.end_date > day


async def _write(
    session: Session,
    act: ChangeContext,
    place: SchemeAtProperty,
    reference: str,
    kind: str,
    start: date,
    last: date | None,
) -> None:
    change = {
        "council": act.council,
        "uprn": place.uprn,
        "scheme": place.slug,
        "reference": reference,
        "kind": kind,
        "start": start,
        "end": last,
        "actor": act.actor,
        "today": act.today,
    }
    await store.set_reference(session, change)


async def _record(
    session: Session, act: ChangeContext, place: SchemeAtProperty, ended: list[str], made: list[str]
) -> None:
    """In the property's history and to everybody, if everybody may know."""
    if place.scheme.private:
        return
    told = [{place.slug: names} if names else None for names in (ended, made)]
    await record_dependent(session, act, {place.uprn: {_FIELD: told}})
