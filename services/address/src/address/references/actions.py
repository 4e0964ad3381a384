"""Set and end a property's references, and define schemes.

Reading or changing a reference of a private scheme needs a scope of its own; only the references' history
records it. A reference of an open scheme is a change of the property, with a new version, history and event.
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
    """A property and the scheme in which it is referenced."""

    uprn: int
    slug: str
    scheme: Scheme


async def list_readable_schemes(session: ReadSession, council: str, caller: Caller) -> list[str] | None:
    """List the slugs of schemes the caller may read; None for all."""
    own_schemes = await store.list_schemes(session, council)
    return rules.readable_slugs(
        rules.merge_schemes(own_schemes), private=rules.PRIVATE_SCOPE in caller.scopes
    )


async def get_readable_scheme(session: ReadSession, council: str, slug: str, caller: Caller) -> Scheme:
    """Return the scheme. Raise Problem 404, and 403 for a private one without the scope."""
    scheme = rules.merge_schemes(await store.list_schemes(session, council)).get(slug)
    if scheme is None:
        detail = f"There is no scheme {slug}. PUT /{council}/address/v1/reference-schemes/{slug} makes it."
        raise Problem(404, "not-found", detail)
    check_private(scheme, caller)
    return scheme


def check_private(scheme: Scheme, caller: Caller) -> None:
    """Raise Problem 403 for a private scheme without the scope."""
    if scheme.private and rules.PRIVATE_SCOPE not in caller.scopes:
        detail = f"The scheme is private: this needs the scope {rules.PRIVATE_SCOPE}."
        raise Problem(403, "missing-scope", detail, scope=rules.PRIVATE_SCOPE)


async def put_scheme(session: Session, context: ChangeContext, slug: str, definition: Scheme) -> None:
    """Create or change a scheme. Raise Problem 403 and 409."""
    await store.lock_schemes(session, context.council)
    own_schemes = await store.list_schemes(session, context.council)
    before = rules.merge_schemes(own_schemes).get(slug)
    if before is None and await store.is_used(session, context.council, slug):
        before = rules.UNDEFINED
    if before is not None:
        check_private(before, context.caller)
    if slug not in own_schemes and len(own_schemes) >= rules.MAX_SCHEMES:
        raise conflict(
            "too-many-schemes", f"A council may have {rules.MAX_SCHEMES} schemes of its own at most."
        )
    if not definition.many:
        uprn = await store.find_with_several(session, context.council, slug, context.today)
        if uprn is not None:
            detail = f"Property {uprn} has several references in {slug}. End all but one of each first."
            raise conflict("several-references", detail)
    await store.put_scheme(session, context.council, slug, definition)


async def put_reference(
    session: Session, context: ChangeContext, target: SchemeAtProperty, change: ReferenceChange
) -> tuple[Reference, bool]:
    """Set a reference and return it, with whether it is new. It ends the others where only one may hold.

    Raises Problem 404 and 409.
    """
    before = await _list_for_change(session, context, target, writable=True)
    old = next((row for row in before if row.reference == change.reference), None)
    holding = old is not None and _holds_after(old, context.today)
    start = change.start_date or (old.start_date if old is not None and holding else context.today)
    if change.end_date is not None and change.end_date < start:
        raise invalid("body.end_date", f"lies before {start}, when the reference begins to hold")
    ended = []
    if not target.scheme.many and (change.end_date is None or change.end_date > context.today):
        other_references = [row for row in before if row.reference != change.reference]
        ended = await _end_others(session, context, target, other_references, start)
    unchanged = old is not None and (old.start_date, old.end_date) == (start, change.end_date)
    if not unchanged:
        await _write(session, context, target, change.reference, "set", start, change.end_date)
    if ended or not unchanged:
        await _record(session, context, target, ended, [change.reference])
    days = {"start_date": start, "end_date": change.end_date}
    reference = Reference(uprn=str(target.uprn), scheme=target.slug, reference=change.reference, **days)
    return reference, not holding


async def _end_others(
    session: Session,
    context: ChangeContext,
    target: SchemeAtProperty,
    references: Sequence[Row[Any]],
    start: date,
) -> list[str]:
    """End the references that still hold when another starts. Return them."""
    ended = [row for row in references if _holds_after(row, max(start, context.today))]
    for row in ended:
        last = max(start, row.start_date)
        await _write(session, context, target, row.reference, "ended", row.start_date, last)
    return [row.reference for row in ended]


async def end_reference(
    session: Session, context: ChangeContext, target: SchemeAtProperty, reference: str | None
) -> None:
    """End the property's reference today. ``reference`` says which, where it has several.

    Raises Problem 404 and 409.
    """
    holding = [
        row
        for row in await _list_for_change(session, context, target, writable=False)
        if _holds_after(row, context.today)
    ]
    if reference is not None:
        holding = [row for row in holding if row.reference == reference]
    if not holding:
        raise not_found("such reference of the property that still holds")
    if len(holding) > 1:
        detail = "The property has several references in this scheme. Say which one with ?reference="
        raise conflict("several-references", detail)
    row = holding[0]
    await _write(
        session, context, target, row.reference, "ended", row.start_date, max(context.today, row.start_date)
    )
    await _record(session, context, target, [row.reference], [])


async def _list_for_change(
    session: Session, context: ChangeContext, target: SchemeAtProperty, *, writable: bool
) -> Sequence[Row[Any]]:
    """Lock the property and list its references in the scheme."""
    locked = await lock_property(session, context.council, target.uprn)
    if writable and locked.logical_status == lifecycle.HISTORIC:
        detail = "The property is retired. Its references can be read and ended, and no new one is given."
        raise conflict("property-retired", detail)
    return await store.list_known(session, context.council, target.uprn, target.slug)


def _holds_after(row: Row[Any], day: date) -> bool:
    """Return whether the reference holds on the day or will later."""
    return row.end_date is None or row.end_date > day


async def _write(
    session: Session,
    context: ChangeContext,
    target: SchemeAtProperty,
    reference: str,
    kind: str,
    start: date,
    last: date | None,
) -> None:
    change = {
        "council": context.council,
        "uprn": target.uprn,
        "scheme": target.slug,
        "reference": reference,
        "kind": kind,
        "start": start,
        "end": last,
        "actor": context.actor,
        "today": context.today,
    }
    await store.set_reference(session, change)


async def _record(
    session: Session,
    context: ChangeContext,
    target: SchemeAtProperty,
    ended: list[str],
    added: list[str],
) -> None:
    """Record a change of the property, unless the scheme is private."""
    if target.scheme.private:
        return
    entries = [{target.slug: names} if names else None for names in (ended, added)]
    await record_dependent(session, context, {target.uprn: {_FIELD: entries}})
