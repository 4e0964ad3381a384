"""Whose fault it is when an event fails: the service's, a value's in the event, or the handler's.

The service's: its database or NATS is away, locked, full, too slow, or lacks a table. The event waits. A list
of these could never be whole, so they are all but the few that are known to be the event's.
"""

import traceback
from collections.abc import Iterator
from enum import Enum

import asyncpg
from nats.errors import Error as NatsError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.events import ForgedEventError

# Classes of SQLSTATE (PostgreSQL, appendix A) that the event's values cause.
_VALUES = {"22", "54"}  # data exception; program limit exceeded: too long for an index, nested too deep
# Rules of the tables: cardinality and integrity constraint violations, and what a trigger of ours raises.
_CONSTRAINTS = {"21", "23", "P0"}
# TimeoutError is an OSError.
_OUTAGES = (OSError, PoolTimeoutError, NatsError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_MAX_FIELDS = 5
_MAX_REASON = 300  # characters


class Fault(Enum):
    """What an event's failure says about its next try."""

    SERVICE = "service"  # it waits until the service has what it needs
    VALUE = "value"  # it would fail for ever: no further try
    HANDLER = "handler"  # it is tried again, a few times


def classify(error: Exception) -> Fault:
    """Tell whose fault an error is. Looks through the errors that SQLAlchemy and handlers raise it from."""
    if isinstance(error, (ValidationError, ForgedEventError)):
        return Fault.VALUE
    for cause in iterate_causes(error):
        state = getattr(cause, "sqlstate", None)
        if state:
            return _classify_state(state)
        if isinstance(cause, _OUTAGES):
            return Fault.SERVICE
        if isinstance(cause, DBAPIError) and cause.connection_invalidated:
            return Fault.SERVICE
    return Fault.HANDLER


def _classify_state(state: str) -> Fault:
    if state[:2] in _VALUES:
        return Fault.VALUE
    return Fault.HANDLER if state[:2] in _CONSTRAINTS else Fault.SERVICE


def iterate_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it was raised from, from the outside in."""
    visited: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in visited:
        visited.add(id(cause))
        yield cause
        cause = cause.__cause__ or getattr(cause, "orig", None)


def describe(error: Exception) -> str:
    """Write why an event failed, without any of its values: fields, constraint, or the place in the code.

    The same failure of another event has the same description.
    """
    if isinstance(error, ForgedEventError):
        return f"forged: {error}"[:_MAX_REASON]
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False)[:_MAX_FIELDS]
        fields = (f"{'.'.join(map(str, fault['loc'])) or 'body'} ({fault['type']})" for fault in faults)
        return f"does not fit: {', '.join(fields)}"[:_MAX_REASON]
    for cause in iterate_causes(error):
        if isinstance(cause, asyncpg.PostgresError):
            parts = (cause.sqlstate, cause.table_name, cause.column_name, cause.constraint_name)
            return f"{type(cause).__name__}: {' '.join(part for part in parts if part)}"[:_MAX_REASON]
    return f"{type(error).__name__} at {_find_place(error)}"[:_MAX_REASON]


def _find_place(error: Exception) -> str:
    """Return the file, line and function where an error was raised: of ours, if one of ours was in it."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    place = (ours or frames)[-1]
    return f"{'/'.join(place.filename.split('/')[-2:])}:{place.lineno} {place.name}"
