"""Versions of case types: a draft is written and replaced, published once, and retired by the next."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions.calendars import find_council_nation
from casework.case_types import store
from casework.case_types.actions.compiled import compile_version
from casework.case_types.actions.library import UnknownCaseTypeError, find_files
from casework.case_types.actions.views import write_version
from casework.case_types.rules.bound_types import BindingError, bind, read_source_version, write_prices
from casework.case_types.schemas import DraftBody, VersionSummary, VersionView
from casework.model.rules.case_type import CaseType
from casework.shared.faults import CaseTypeError
from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition, refuse_without_version
from chassis.problems import FieldError, Problem, conflict, not_found

MOST_VERSIONS = 1_000
_MOST_ERRORS = 100
_NOUN = "version of this case type"
_CONTENT = ("source", "welsh", "parameters", "prices")


async def put_draft(
    session: Session,
    council: str,
    caller: Caller,
    key: tuple[str, str],
    body: DraftBody,
    precondition: Precondition | None,
) -> tuple[VersionView, bool]:
    """Write a draft; say whether it is new. The same content again changes nothing, published or not.

    Raises Problem 400, 403, 404, 409, 412, 428.
    """
    check_live(caller)
    code, number = key
    await store.lock_case_type(session, council, code)
    row = await store.get_version(session, council, code, number)
    source, welsh = await _find_texts(session, council, key, body)
    prices = write_prices(body.prices)
    case_type = await _check(session, council, key, (source, welsh), (body.parameters, prices))
    values = {
        "code": code,
        "number": number,
        "name": case_type.name._asdict(),
        "source": source,
        "welsh": welsh,
        "parameters": body.parameters,
        "prices": prices,
        "digest": case_type.digest,
        "updated_by": caller.subject,
        "updated_at": clock.now(),
    }
    if row is None:
        await _insert(session, council, values)
    elif all(getattr(row, name) == values[name] for name in _CONTENT):
        return write_version(row, case_type), False
    else:
        _check_draft(row, precondition)
        await store.update_draft(session, council, row.id, values)
    await _audit(session, council, audit.by_staff(caller), "drafted", key)
    return await get_version(session, council, key), row is None


async def _insert(session: Session, council: str, values: dict[str, Any]) -> None:
    if await store.count_versions(session, council) >= MOST_VERSIONS:
        raise conflict("too-many-records", f"A council may have {MOST_VERSIONS} versions of case types.")
    await store.insert_version(session, council, {**values, "id": ids.new()})


def _check_draft(row: Row[Any], precondition: Precondition | None) -> None:
    if precondition is None:
        raise refuse_without_version(_NOUN)
    precondition.check(row.version, _NOUN)
    if row.state != "draft":
        detail = f"Version {row.number} is {row.state}: cases run by it. Write the next version."
        raise conflict("case-type-published", detail)


def _check_not_published(row: Row[Any], precondition: Precondition) -> None:
    precondition.check(row.version, _NOUN)
    if row.state == "published":
        raise conflict("case-type-published", f"Version {row.number} is published already.")


async def publish(
    session: Session, council: str, caller: Caller, key: tuple[str, str], precondition: Precondition
) -> VersionView:
    """Publish a draft, or a retired version again: new cases begin with it, and the one before is retired.

    Raises Problem.
    """
    check_live(caller)
    await store.lock_case_type(session, council, key[0])
    row = await _get_row(session, council, key)
    _check_not_published(row, precondition)
    await _check(session, council, key, (row.source, row.welsh), (row.parameters, row.prices))
    await publish_row(session, council, row, caller.subject)
    await _audit(session, council, audit.by_staff(caller), "published", key)
    return await get_version(session, council, key)


async def publish_row(session: Session, council: str, row: Row[Any], by: str) -> None:
    """Publish a draft that was checked, and retire the version before it."""
    before = await store.find_published(session, council, row.code)
    if before is not None:
        await store.set_state(session, council, before.id, "retired", by, clock.now())
    await store.set_state(session, council, row.id, "published", by, clock.now())


async def get_version(session: ReadSession, council: str, key: tuple[str, str]) -> VersionView:
    """Get a version. Raises Problem 404."""
    row = await _get_row(session, council, key)
    return write_version(row, await compile_version(row.code, row.source, row.welsh))


async def list_published(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the published version of each type."""
    return await store.list_published(session, council, after, fetch)


async def list_versions(
    session: ReadSession, council: str, code: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the versions of a type in the order in which they were made."""
    return await store.list_versions(session, council, code, after, fetch)


def write_summary(row: Row[Any]) -> VersionSummary:
    """Write a version without its text."""
    return VersionSummary.model_validate(row._asdict())


def check_live(caller: Caller) -> None:
    """Check that a credential may change case types. Raises Problem 403."""
    if caller.mode != "live":
        detail = "Case types are changed with a live credential only: live cases run by them."
        raise Problem(403, "mode-not-held", detail)


async def _find_texts(
    session: ReadSession, council: str, key: tuple[str, str], body: DraftBody
) -> tuple[str, str]:
    """Find the texts of a version: those sent, those of the council's version it binds, or what ships."""
    code, number = key
    if body.source is not None:
        return body.source, body.welsh
    bound_row = await store.get_version(session, council, code, read_source_version(number))
    if bound_row is not None:
        return bound_row.source, bound_row.welsh
    try:
        files = find_files(code)
    except UnknownCaseTypeError:
        raise not_found("case type of this code that ships: send its source") from None
    return files.find(".yaml") or "", files.find(".cy.yaml") or ""


async def _check(
    session: ReadSession,
    council: str,
    key: tuple[str, str],
    texts: tuple[str, str],
    settings: tuple[dict[str, int | str | bool], dict[str, Any]],
) -> CaseType:
    """Check a version's texts, parameters and prices for a council. Raises Problem 400 with every fault."""
    try:
        case_type = await compile_version(key[0], *texts)
        bind(case_type, (await find_council_nation(session, council)).value, *settings)
    except CaseTypeError as error:
        errors = [
            FieldError(
                field=f"body.{'welsh' if fault.file.endswith('.cy.yaml') else 'source'}.{fault.path}",
                message=f"line {fault.line}, column {fault.column}: {fault.message} {fault.way_out}".strip(),
                code="case_type_fault",
            )
            for fault in error.faults[:_MOST_ERRORS]
        ]
        raise Problem(
            400, "invalid-case-type", "The case type has faults; see errors.", errors=errors
        ) from None
    except BindingError as error:
        errors = [
            FieldError(field=_place_fault(name), message=fault, code="not_possible")
            for name, fault in error.faults.items()
        ]
        raise Problem(400, "invalid-case-type", f"{error}.", errors=errors) from None
    if (case_type.code, case_type.version) != (key[0], read_source_version(key[1])):
        detail = f"The source is {case_type.code} {case_type.version}. Use its code and version in the path."
        raise Problem(400, "invalid-case-type", detail)
    return case_type


def _place_fault(name: str) -> str:
    return f"body.{name}" if name.startswith("prices.") else f"body.parameters.{name}"


async def _get_row(session: ReadSession, council: str, key: tuple[str, str]) -> Row[Any]:
    row = await store.get_version(session, council, *key)
    if row is None:
        raise not_found(_NOUN)
    return row


async def _audit(session: Session, council: str, actor: audit.Actor, act: str, key: tuple[str, str]) -> None:
    await audit.record(session, council, actor, act, "casework.case_type_version", " ".join(key), changes={})
