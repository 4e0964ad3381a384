"""Naming streets: a new one, another name with all its addresses, the end of one."""

from collections.abc import Mapping, Sequence
from typing import Any

from address.changes.actions.change_log import (
    CHANGED,
    CREATED,
    RETIRED,
    ChangeContext,
    check_version,
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
from chassis.problems import conflict, invalid, not_found


async def create_street(session: Session, act: ChangeContext, asked: NewStreet) -> Street:
    """Enter a street. Raises Problem 409 when its name or USRN is another's, or no USRN is left."""
    await lock_exclusive(session, act.council)
    usrn = asked.usrn or (await number_ranges.allocate(session, act.council, "usrn", 1))[0]
    after = _name_fields(asked.model_dump(include=set(PARTS)), asked.welsh, asked.gaelic)
    await _check_names(session, act.council, usrn, after, store.LANGUAGES)
    columns = {"record_type": asked.record_type, "state": asked.state, "classification": asked.classification}
    dates = {"start_date": act.today, "entry_date": act.today, "last_update": act.today}
    street = {"council": act.council, "usrn": usrn, "version": 1, **columns, **dates}
    if not await store.insert_street(session, street):
        raise conflict("usrn-used", f"USRN {usrn} is or was another street's. A USRN is never used again.")
    for suffix in store.LANGUAGES:
        if after[f"description{suffix}"] is not None:
            await _write_name(session, act, usrn, suffix, after)
    return await _record(session, act, usrn, CREATED, None)


async def change_street(
    session: Session, act: ChangeContext, usrn: int, asked: StreetChange, seen: set[int]
) -> Street:
    """Change a street; a new name is the new name of every address on it, in the same transaction.

    Raises Problem 404, 412, 409 and 400.
    """
    before = await _lock(session, act, usrn, seen)
    after = {**before, **_changed_fields(asked)}
    changes = {name: [old, after[name]] for name, old in before.items() if old != after[name]}
    if not changes:
        return await get_street(session, act.council, usrn, None)
    renamed = [s for s in store.LANGUAGES if any(f"{part}{s}" in changes for part in PARTS)]
    await _check_names(session, act.council, usrn, after, renamed)
    addressed = await _list_affected(session, act, usrn, changes)
    for suffix in renamed:
        await _write_name(session, act, usrn, suffix, after)
    columns = {name: after[name] for name in ("state", "classification")}
    await store.update_street(session, act.council, usrn, {**columns, "last_update": act.today})
    street = await _record(session, act, usrn, CHANGED, changes)
    if addressed:
        await record_dependent(session, act, addressed)
    return street


async def close_street(
    session: Session, act: ChangeContext, usrn: int, asked: Closing, seen: set[int]
) -> Street:
    """Close a street for good. Raises Problem 404, 412, and 409 while properties stand on it."""
    before = await _lock(session, act, usrn, seen)
    standing = await store.count_properties(session, act.council, usrn)
    if standing:
        detail = (
            f"{standing} properties stand on street {usrn}. Retire them or put them on another street first."
        )
        raise conflict("has-live-properties", detail)
    columns = {"state": codes.CLOSED, "end_date": asked.end_date or act.today}
    await store.update_street(session, act.council, usrn, {**columns, "last_update": act.today})
    changes = {name: [before[name], value] for name, value in columns.items()}
    return await _record(session, act, usrn, RETIRED, changes)


async def _lock(session: Session, act: ChangeContext, usrn: int, seen: set[int]) -> dict[str, Any]:
    """The street's fields, and nobody changes it meanwhile."""
    await lock_exclusive(session, act.council)
    locked = await store.lock(session, act.council, usrn)
    if locked is None:
        raise not_found(f"street {usrn}")
    check_version(seen, locked.version, "street")
    if locked.state == codes.CLOSED:
        raise conflict("street-closed", f"Street {usrn} is closed for good. A USRN is never used again.")
    row = await store.get_street(session, act.council, usrn)
    if row is None:
        raise not_found(f"street {usrn}")
    return street_fields(row)


def _changed_fields(asked: StreetChange) -> dict[str, Any]:
    given = asked.given()
    flat = {name: value for name, value in given.items() if name not in IN_LANGUAGE}
    for language, suffix in IN_LANGUAGE.items():
        if language in given:
            flat |= _language_fields(given[language], suffix)
    return flat


def _name_fields(english: Mapping[str, Any], welsh: Any, gaelic: Any) -> dict[str, Any]:
    return {**english, **_language_fields(welsh, "_cym"), **_language_fields(gaelic, "_gae")}


def _language_fields(name: Any, suffix: str) -> dict[str, Any]:
    return {f"{part}{suffix}": getattr(name, part, None) for part in PARTS}


async def _check_names(
    session: Session, council: str, usrn: int, after: Fields, suffixes: Sequence[str] | Mapping[str, str]
) -> None:
    """Raises Problem 409 when another street has one of the names in the same place."""
    for suffix in suffixes:
        name = {part: after[f"{part}{suffix}"] for part in PARTS}
        if name["description"] is None:
            continue
        other = await store.find_namesake(session, council, usrn, store.LANGUAGES[suffix], name)
        if other is not None:
            detail = f"Street {other} is called {name['description']} in the same locality and town already."
            raise conflict("street-name-taken", detail)


async def _list_affected(
    session: Session, act: ChangeContext, usrn: int, changes: Fields
) -> dict[int, dict[str, list[Any]]]:
    """What changes of which properties with the street's names. Raises Problem 409 for one in use."""
    addressed: dict[int, dict[str, list[Any]]] = {}
    for suffix, language in store.LANGUAGES.items():
        if f"description{suffix}" not in changes:
            continue
        uprns = await store.lock_properties_named(session, act.council, usrn, language)
        old, new = changes[f"description{suffix}"]
        if new is None and uprns:
            detail = f"{len(uprns)} properties have an address by this name. End those addresses first."
            raise conflict("has-live-properties", detail)
        for uprn in uprns:
            addressed.setdefault(uprn, {})[f"street{suffix}"] = [old, new]
    return addressed


async def _write_name(session: Session, act: ChangeContext, usrn: int, suffix: str, after: Fields) -> None:
    """Write the street's name in a language, or that it has none."""
    language = store.LANGUAGES[suffix]
    name = {part: after[f"{part}{suffix}"] for part in PARTS}
    if name["description"] is None and suffix == "":
        raise invalid("body.description", "is missing: a street has an English name")
    if name["description"] is None:
        await store.delete_name(session, act.council, usrn, language)
        return
    of = {"council": act.council, "usrn": usrn, "language": language}
    await store.set_name(session, {**of, **name, "entry_date": act.today, "last_update": act.today})


async def _record(
    session: Session, act: ChangeContext, usrn: int, kind: str, changes: Fields | None
) -> Street:
    """Keep and announce what has been written; answers the street as it is now."""
    row = await store.get_street(session, act.council, usrn)
    if row is None:
        raise LookupError(f"{act.council}/{usrn} is no street")
    street = {"usrn": usrn, **{part: getattr(row, part) for part in PARTS}}
    await record_street(session, act, kind, street, row.version, changes)
    return to_street(row)
