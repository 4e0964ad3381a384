"""What an operator can do about an error that ends a command, in one line; None for a fault of ours."""

import errno
import socket
from typing import NamedTuple

from nats.errors import Error as NatsError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.commands import CommandError, ExitCode
from chassis.failures import iterate_causes

_FULL = {errno.ENOSPC, errno.EDQUOT}
_AWAY = (ConnectionError, socket.gaierror, TimeoutError, PoolTimeoutError)
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT}
_UNREACHED = (
    ExitCode.TRY_AGAIN,
    "The database cannot be reached. Check that it runs and that {database} names it; then try again.",
)
_BUSY = (ExitCode.TRY_AGAIN, "The database was too busy with other work. Nothing was half done: try again.")
_REFUSED = (ExitCode.MISCONFIGURED, "The database refuses the user or the password. Check {database}.")
_OTHER_TABLES = (
    ExitCode.MISCONFIGURED,
    "The database has not the tables of this version. Run `python -m chassis migrate {service}` first.",
)
# By SQLSTATE, or its first two characters (PostgreSQL, appendix A).
_STATES = {
    "53100": (
        ExitCode.TRY_AGAIN,
        "The disk of the database is full, and what was not committed is undone. Make room; then try again.",
    ),
    "53": (ExitCode.TRY_AGAIN, "The database has no connection or memory left. Try again later."),
    "08": _UNREACHED,
    "57P01": _UNREACHED,
    "57P02": _UNREACHED,
    "57P03": _UNREACHED,
    "57014": _BUSY,
    "55P03": _BUSY,
    "40": _BUSY,
    "25006": (ExitCode.TRY_AGAIN, "The database takes no changes at present. Try again later."),
    "28": _REFUSED,
    "3D000": (ExitCode.MISCONFIGURED, "There is no such database. Check {database}."),
    "42501": (ExitCode.MISCONFIGURED, "The database's user may not do this. Check {database}."),
    "42P01": _OTHER_TABLES,
    "42703": _OTHER_TABLES,
}


class Names(NamedTuple):
    """What the operator knows things by: the service, and the variables that name its database and NATS."""

    service: str
    database: str
    nats: str


def explain(error: BaseException, names: Names) -> CommandError | None:
    """Explain an error to the operator. Returns None if it is none they can do something about."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return CommandError(ExitCode.INTERRUPTED, "Interrupted. What was not committed is undone.")
    for cause in iterate_causes(error):
        answer = _find_answer(cause)
        if answer is not None:
            code, text = answer
            return CommandError(code, text.format(**names._asdict()))
    return None


def _find_answer(cause: BaseException) -> tuple[ExitCode, str] | None:
    state = getattr(cause, "sqlstate", None)
    if state:
        return _STATES.get(state) or _STATES.get(state[:2])
    if isinstance(cause, NatsError):
        return ExitCode.TRY_AGAIN, "NATS cannot be reached, or refuses us. Check {nats}; then try again."
    if isinstance(cause, _AWAY) or _is_lost(cause):
        return _UNREACHED
    if isinstance(cause, OSError):
        return _explain_file(cause)
    return None


def _is_lost(cause: BaseException) -> bool:
    if isinstance(cause, DBAPIError):
        return cause.connection_invalidated
    # asyncio gives no number where it tried several addresses of one name.
    return isinstance(cause, OSError) and (cause.errno is None or cause.errno in _UNREACHABLE)


def _explain_file(cause: OSError) -> tuple[ExitCode, str] | None:
    if cause.errno in _FULL:
        return ExitCode.TRY_AGAIN, "The disk of this machine is full. Make room; then try again."
    if cause.filename is None:
        return None
    file = str(cause.filename).replace("{", "{{").replace("}", "}}")
    return ExitCode.USAGE, f"{file}: {cause.strerror}."
