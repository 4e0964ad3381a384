"""Constant statements, run by the driver: compiled once, and spared what SQLAlchemy does at each execution.

SQLAlchemy stays the language of statements, the pool, the transaction and the name of errors; but to execute
one it makes a context, a cursor result and a coroutine in a greenlet, which together cost three times what
asyncpg itself does. Here a statement that is executed a second time (a constant of its module) is kept as
SQL with the order of its parameters. What is not plain goes SQLAlchemy's own way: many rows at once, lists
of parameters that expand, defaults that Python makes, engines with listeners.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Executable, Row
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi, PGDialect_asyncpg
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import CompoundSelect, Delete, Insert, Select, TextClause, Update
from sqlalchemy.sql.compiler import SQLCompiler

_PLAIN = (TextClause, Select, CompoundSelect, Insert, Update, Delete)
_UNKNOWN = -1  # the number of a column's type at the server, before it has been asked
_MAX_FORMS = 20  # sets of parameter names of one statement
_dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_stale = (AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError, AsyncAdapt_asyncpg_dbapi.InternalServerError)
Process = Callable[[Any], Any]


class Columns(NamedTuple):
    """The columns of a result: their names, and what makes their values, None if they stay as they are."""

    names: SimpleResultMetaData
    processors: Sequence[Any] | None


class Executed:
    """What a statement did: the rows it returned, and the number of those it touched."""

    __slots__ = ("_columns", "_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int, columns: Columns | None) -> None:
        self._rows = rows
        self._columns = columns
        self.rowcount = rowcount

    def all(self) -> Sequence[Row[Any]]:
        """Return every row."""
        return [self._make_row(row) for row in self._rows]

    def first(self) -> Row[Any] | None:
        """Return the first row, if there is one."""
        return self._make_row(self._rows[0]) if self._rows else None

    def scalar(self) -> Any:
        """Return the first column of the first row."""
        row = self.first()
        return None if row is None else row[0]

    def _make_row(self, row: Any) -> Row[Any]:
        if self._columns is None:  # of a text that does not say what it returns
            self._columns = Columns(SimpleResultMetaData(tuple(row.keys())), None)
        names, processors = self._columns
        return Row(names, processors, names._key_to_index, tuple(row))  # noqa: SLF001 - as its results do


@dataclass(frozen=True, slots=True)
class PlainStatement:
    """A statement as the driver takes it. ``columns``: of its result; None if the statement has none."""

    sql: str
    names: Sequence[str]
    binds: Mapping[str, Process]
    constants: Mapping[str, Any]  # values that the statement itself has
    columns: Columns | None

    def arrange(self, params: Mapping[str, Any] | None) -> tuple[Any, ...]:
        """Put parameters in the order of the SQL."""
        values = {**self.constants, **params} if params else self.constants
        binds = self.binds
        return tuple(binds[name](values[name]) if name in binds else values[name] for name in self.names)


_Forms = dict[tuple[str, ...], PlainStatement | None]
_statements: WeakKeyDictionary[Executable, _Forms] = WeakKeyDictionary()


def find_plain(statement: Executable, params: object) -> PlainStatement | None:
    """Find a statement as the driver takes it; None if SQLAlchemy is to execute it.

    At its first execution it is None too: most statements that are made for one execution have no second.
    """
    forms = _statements.get(statement)
    if forms is None:
        if isinstance(statement, _PLAIN):
            _statements[statement] = {}
        return None
    names: tuple[str, ...] = ()
    if params is not None:
        if type(params) is not dict:
            return None
        names = tuple(params)
    if names not in forms:
        if len(forms) >= _MAX_FORMS:
            return None
        forms[names] = _compile(statement, names)
    return forms[names]


def _compile(statement: Executable, names: Sequence[str]) -> PlainStatement | None:
    keys = list(names) if isinstance(statement, Insert | Update) else None
    compiled = cast("Any", statement).compile(dialect=_dialect, column_keys=keys)
    if not _is_plain(statement, compiled):
        return None
    binds = dict(compiled._bind_processors)  # noqa: SLF001
    constants = {
        name: bind.effective_value
        for bind, name in compiled.bind_names.items()
        if not bind.required and name not in names
    }
    order = tuple(compiled.positiontup or ())
    if not constants.keys() >= {*order} - {*names}:
        return None  # SQLAlchemy says which parameter is missing
    try:
        columns = _read_columns(compiled)
    except (LookupError, SQLAlchemyError):
        return None
    return PlainStatement(str(compiled), order, binds, constants, columns)


def _is_plain(statement: Executable, compiled: SQLCompiler) -> bool:
    """Check that the SQL is final, and that nothing happens before its execution or afterwards."""
    return not (
        statement.get_execution_options()
        or compiled.post_compile_params
        or compiled.literal_execute_params
        or (isinstance(statement, Insert | Update) and (compiled.insert_prefetch or compiled.update_prefetch))
        or (isinstance(statement, Insert | Update | Delete) and compiled.effective_returning)
        or any(isinstance(process, tuple) for process in compiled._bind_processors.values())  # noqa: SLF001
    )


def _read_columns(compiled: SQLCompiler) -> Columns | None:
    """Read the columns of a result. Raises LookupError, or SQLAlchemyError where only the server knows."""
    entries = compiled._result_columns  # noqa: SLF001 - what its own results are made of
    if not entries:
        return None
    names = [entry.keyname for entry in entries]
    if len(set(names)) < len(names):
        raise LookupError("two columns have one name")
    processors = [entry.type._cached_result_processor(_dialect, _UNKNOWN) for entry in entries]  # noqa: SLF001
    metadata = SimpleResultMetaData(names, extra=[entry.objects for entry in entries])
    return Columns(metadata, processors if any(processors) else None)


async def execute(
    connection: AsyncConnection, statement: Executable, params: Any
) -> Executed | CursorResult[Any]:
    """Execute a statement: its rows and their number, as our own result or SQLAlchemy's."""
    opened = connection.sync_connection
    plain = None
    if opened is not None and not opened._has_events and not opened.engine._has_events:  # noqa: SLF001
        plain = find_plain(statement, params)
    if plain is None or opened is None:
        return await connection.execute(statement, params)
    values = plain.arrange(params)
    cursor = cast("Any", opened.connection.cursor())  # an AsyncAdapt_asyncpg_cursor
    cursor._invalidate_schema_cache_asof = opened.dialect._invalidate_schema_cache_asof  # type: ignore[attr-defined] # noqa: SLF001
    try:
        await cursor._prepare_and_execute(plain.sql, values)  # noqa: SLF001 - what its execute() awaits
    except BaseException as error:  # noqa: BLE001 - it is raised again, as SQLAlchemy names it
        failure = error
    else:
        return Executed(cursor.fetchall(), cursor.rowcount, plain.columns)
    await connection.run_sync(_name_error, failure, plain.sql, values)
    raise failure


def _name_error(connection: Connection, failure: BaseException, sql: str, values: tuple[Any, ...]) -> None:
    """Raise an error as SQLAlchemy does, which also ends a connection that is lost or was broken off.

    After a change of a table the statements that were prepared before are prepared anew: the next time.
    """
    if isinstance(failure, _stale):
        cast("Any", connection.dialect)._invalidate_schema_cache()  # noqa: SLF001
    try:
        raise failure
    except BaseException as error:  # noqa: BLE001 - raised again
        connection._handle_dbapi_exception(error, sql, values, None, None)  # noqa: SLF001
