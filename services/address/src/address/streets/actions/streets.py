"""Create, rename and close streets; a new name changes every address on the street."""

from collections.abc import Mapping, Sequence
from typing import Any

from address.changes.actions.change_log import (
    CHANGED,
    CREATED,
    RETIRED,
    ChangeContext,
    lock_exclusive,
    record_dependent,
    record_street,
)
from address.number_ranges import actions as number_ranges
from address.shared import codes
from address.streets import store
from address.streets.actions.views import IN_LANGUAGE, PARTS, Fields, get_street, street_fields, to_street
from address.streets.schemas import Closing, NewStreet, Street, StreetChange
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found


async def create_street(session: Session, context: ChangeContext, request: NewStreet) -> Street:
    """Create a street. Raise Problem 409 when its name or USRN is taken or no USRN is left."""
    await lock_exclusive(session, context.council)
    usrn = request.usrn or (await number_ranges.allocate(session, context.council, "usrn", 1))[0]
    after = _name_fields(request.model_dump(include=set(PARTS)), request.welsh, request.gaelic)
    await _check_names(session, context.council, usrn, after, store.LANGUAGES)
    columns = {
        "record_type": request.record_type,
        "state": request.state,
        "classification": request.classification,
    }
    dates = {"start_date": context.today, "entry_date": context.today, "last_update": context.today}
    street = {"council": context.council, "usrn": usrn, "version": 1, **columns, **dates}
    if not await store.insert_street(session, street):
        raise conflict("usrn-used", f"USRN {usrn} is or was another street's. A USRN is never used again.")
    for suffix in store.LANGUAGES:
        if after[f"description{suffix}"] is not None:
            await _write_name(session, context, usrn, suffix, after)
    return await _record(session, context, usrn, CREATED, None)


async def change_street(
    session: Session, context: ChangeContext, usrn: int, request: StreetChange, precondition: Precondition
) -> Street:
    """Change a street. A new name changes every address on it, in the same transaction.

    Raises Problem 404, 412, 409 and 400.
    """
    before = await _lock(session, context, usrn, precondition)
    after = {**before, **_changed_fields(request)}
    changes = {name: [old, after[name]] for name, old in before.items() if old != after[name]}
    if not changes:
        return await get_street(session, context.council, usrn, None)
    renamed = [s for s in store.LANGUAGES if any(f"{part}{s}" in changes for part in PARTS)]
    await _check_names(session, context.council, usrn, after, renamed)
    affected = await _list_affected(session, context, usrn, changes)
    for suffix in renamed:
        await _write_name(session, context, usrn, suffix, after)
    columns = {name: after[name] for name in ("state", "classification")}
    await store.update_street(session, context.council, usrn, {**columns, "last_update": context.today})
    street = await _record(session, context, usrn, CHANGED, changes)
    if affected:
        await record_dependent(session, context, affected)
    return street


async def close_street(
    session: Session, context: ChangeContext, usrn: int, request: Closing, precondition: Precondition
) -> Street:
    """Close a street for good. Raise Problem 404, 412, and 409 while it has live properties."""
    before = await _lock(session, context, usrn, precondition)
    live = await store.count_properties(session, context.council, usrn)
    if live:
        detail = f"{live} properties stand on street {usrn}. Retire them or put them on another street first."
        raise conflict("has-live-properties", detail)
    columns = {"state": codes.CLOSED, "end_date": request.end_date or context.today}
    await store.update_street(session, context.council, usrn, {**columns, "last_update": context.today})
    changes = {name: [before[name], value] for name, value in columns.items()}
    return await _record(session, context, usrn, RETIRED, changes)


async def _lock(
    session: Session, context: ChangeContext, usrn: int, precondition: Precondition
) -> dict[str, Any]:
    """Lock the street. Return its fields."""
    await lock_exclusive(session, context.council)
    locked = await store.lock(session, context.council, usrn)
    if locked is None:
        raise not_found(f"street {usrn}")
    precondition.check(locked.version, "street")
    if locked.state == codes.CLOSED:
        raise conflict("street-closed", f"Street {usrn} is closed for good. A USRN is never used again.")
    row = await store.get_street(session, context.council, usrn)
    if row is None:
        raise not_found(f"street {usrn}")
    return street_fields(row)


def _changed_fields(request: StreetChange) -> dict[str, Any]:
    changed = request.sent_fields()
    fields = {name: value for name, value in changed.items() if name not in IN_LANGUAGE}
    for language, suffix in IN_LANGUAGE.items():
        if language in changed:
            fields |= _language_fields(changed[language], suffix)
    return fields


def _name_fields(english: Mapping[str, Any], welsh: Any, gaelic: Any) -> dict[str, Any]:
    return {**english, **_language_fields(welsh, "_cym"), **_language_fields(gaelic, "_gae")}


def _language_fields(name: Any, suffix: str) -> dict[str, Any]:
    return {f"{part}{suffix}": getattr(name, part, None) for part in PARTS}


async def _check_names(
    session: Session, council: str, usrn: int, after: Fields, suffixes: Sequence[str] | Mapping[str, str]
) -> None:
    """Raise Problem 409 when another street has one of the names in the same locality and town."""
    for suffix in suffixes:
        name = {part: after[f"{part}{suffix}"] for part in PARTS}
        if name["description"] is None:
            continue
        namesake = await store.find_namesake(session, council, usrn, store.LANGUAGES[suffix], name)
        if namesake is not None:
            detail = (
                f"Street {namesake} is called {name['description']} in the same locality and town already."
            )
            raise conflict("street-name-taken", detail)


async def _list_affected(
    session: Session, context: ChangeContext, usrn: int, changes: Fields
) -> dict[int, dict[str, list[Any]]]:
    """List what changes key which properties. Raise Problem 409 for a name that addresses still use."""
    affected: dict[int, dict[str, list[Any]]] = {}
    for suffix, language in store.LANGUAGES.items():
        if f"description{suffix}" not in changes:
            continue
        uprns = await store.lock_properties_named(session, context.council, usrn, language)
        old, new = changes[f"description{suffix}"]
        if new is None and uprns:
            detail = f"{len(uprns)} properties have an address by this name. End those addresses first."
            raise conflict("has-live-properties", detail)
        for uprn in uprns:
            affected.setdefault(uprn, {})[f"street{suffix}"] = [old, new]
    return affected


async def _write_name(
    session: Session, context: ChangeContext, usrn: int, suffix: str, after: Fields
) -> None:
    """Write the street's name in a language, or delete it."""
    language = store.LANGUAGES[suffix]
    name = {part: after[f"{part}{suffix}"] for part in PARTS}
    if name["description"] is None and suffix == "":
        raise invalid("body.description", "is missing: a street has an English name")
    if name["description"] is None:
        await store.delete_name(session, context.council, usrn, language)
        return
    key = {"council": context.council, "usrn": usrn, "language": language}
    await store.set_name(session, {**key, **name, "entry_date": context.today, "last_update": context.today})


async def _record(
    session: Session, context: ChangeContext, usrn: int, kind: str, changes: Fields | None
) -> Street:
    """Record what has been written in history and events. Return the street as it is now."""
    row = await store.get_street(session, context.council, usrn)
    if row is None:
        raise LookupError(f"{context.council}/{usrn} is no street")
    street = {"usrn": usrn, **{part: getattr(row, part) for part in PARTS}}
    await record_street(session, context, kind, street, row.version, changes)
    return to_street(row)
