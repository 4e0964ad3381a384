"""The ledger of postings, against one that keeps balance rows and locks them, as ledgers often do.

Both run through asyncpg alone, so that the ledgers are measured and not the client, and at a server that
waits for its disk at each commit.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from statistics import median
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from bench.figures import Figure
from chassis import ids
from chassis.database import Database
from payments.ledger.actions import postings, seals
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.settings import Settings

_COUNCIL, _MODE = "citytown", "sandbox"
_ROUNDS = 5
_WRITERS = 16
_SPREAD = 50  # accounts
_COUNT = 2_000  # transactions of a round
_BATCH = 200
_FUND = ids.new()
_PEER = (
    "CREATE TABLE peer_account (council text, id uuid, balance bigint NOT NULL, PRIMARY KEY (council, id))",
    """CREATE TABLE peer_transaction (council text, id uuid, kind text NOT NULL, cause uuid NOT NULL,
        method text NOT NULL, taken_on date NOT NULL, posted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (council, id), UNIQUE (council, cause, kind))""",
    """CREATE TABLE peer_posting (council text, transaction uuid, n smallint, account uuid NOT NULL,
        amount bigint NOT NULL, PRIMARY KEY (council, transaction, n),
        FOREIGN KEY (council, transaction) REFERENCES peer_transaction (council, id),
        FOREIGN KEY (council, account) REFERENCES peer_account (council, id))""",
    "CREATE INDEX ON peer_posting (council, account, transaction)",
    "GRANT SELECT, INSERT, UPDATE ON peer_account, peer_transaction, peer_posting TO payments",
)
_LOCK = text("""SELECT id FROM peer_account WHERE council = :council AND id IN (:first, :second)
    ORDER BY id FOR UPDATE""")
_INSERT_TRANSACTION = text("""INSERT INTO peer_transaction (council, id, kind, cause, method, taken_on)
    VALUES (:council, :id, 'receipt', :cause, '90', :day)""")
_INSERT_POSTINGS = text("""INSERT INTO peer_posting (council, transaction, n, account, amount)
    VALUES (:council, :id, 1, :first, CAST(:amount AS bigint)),
        (:council, :id, 2, :second, -CAST(:amount AS bigint))""")
_UPDATE = text("""UPDATE peer_account
    SET balance = balance + CASE id WHEN :first THEN 1 ELSE -1 END * CAST(:amount AS bigint)
    WHERE council = :council AND id IN (:first, :second)""")
_DAY = date(2026, 4, 1)
_SET_COUNCIL = f"SELECT set_config('app.council', '{_COUNCIL}', true)"
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
Post = Callable[[Any, int], Awaitable[None]]


@cache
def _compile(statement: TextClause) -> tuple[str, Sequence[str]]:
    """Compile a statement to PostgreSQL's own parameters, and list their names in order."""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled), compiled.positiontup or ()


class _Connection:
    """A connection that takes a session's statements."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def all(self, statement: TextClause, params: dict[str, Any]) -> list[Any]:
        sql, names = _compile(statement)
        rows = await self._connection.fetch(sql, *(params[name] for name in names))
        return [SimpleNamespace(**row) for row in rows]

    async def execute(self, statement: TextClause, params: dict[str, Any]) -> None:
        sql, names = _compile(statement)
        await self._connection.fetch(sql, *(params[name] for name in names))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Any]:
        """Open a transaction of the council."""
        async with self._connection.transaction():
            await self._connection.fetch(_SET_COUNCIL)
            yield self


async def measure(admin_url: str, database_url: str) -> list[Figure]:
    """Measure postings per second: hot, spread, batched and sealed."""
    peers = await _create_peer(admin_url)
    opened = [await asyncpg.connect(database_url) for _ in range(_WRITERS)]
    connections = [_Connection(connection) for connection in opened]
    ways: dict[str, Post] = {
        "hot": lambda session, _: _post(session, 0),
        "spread": lambda session, n: _post(session, n % _SPREAD),
        "peer hot": lambda session, _: _post_locked(session, *peers[0]),
        "peer spread": lambda session, n: _post_locked(session, *peers[n % _SPREAD]),
    }
    for post in ways.values():  # the accounts are opened, the statements prepared
        await _measure_rate(connections, post)
    rounds = [
        {name: await _measure_rate(connections, post) for name, post in ways.items()} for _ in range(_ROUNDS)
    ]
    batches = [await _measure_batches(connections[0]) for _ in range(_ROUNDS)]
    for connection in opened:
        await connection.close()
    sealing = await _measure_sealing(database_url)
    return [*_compare(rounds), *_compare_batches(rounds, batches, sealing)]


def _compare(rounds: Sequence[dict[str, float]]) -> list[Figure]:
    def ratio(first: str, second: str) -> float:
        return median(rates[first] / rates[second] for rates in rounds)

    rates = {name: median(rates[name] for rates in rounds) for name in rounds[0]}
    return [
        Figure("postings on one hot account", rates["hot"], "transactions/s"),
        Figure("postings spread over 50 accounts", rates["spread"], "transactions/s"),
        Figure("postings, hot / spread", ratio("hot", "spread"), "x", least=0.9),
        Figure("balance rows under lock, hot", rates["peer hot"], "transactions/s"),
        Figure("balance rows under lock, spread", rates["peer spread"], "transactions/s"),
        Figure("postings / balance rows, hot", ratio("hot", "peer hot"), "x", least=5),
        Figure("postings / balance rows, spread", ratio("spread", "peer spread"), "x", least=1.5),
    ]


def _compare_batches(
    rounds: Sequence[dict[str, float]], batches: Sequence[float], sealing: float
) -> list[Figure]:
    single = median(rates["spread"] for rates in rounds)
    return [
        Figure(f"postings in batches of {_BATCH}", median(batches), "transactions/s"),
        Figure("postings, batched / single", median(batches) / single, "x", least=5),
        Figure("seals", sealing, "transactions/s"),
        Figure("seals / postings", sealing / single, "x", least=1),
    ]


async def _create_peer(admin_url: str) -> list[tuple[UUID, UUID]]:
    """Create the ledger with balance rows and its accounts, two for each that ours has."""
    connection = await asyncpg.connect(admin_url, database="payments")
    for statement in _PEER:
        await connection.execute(statement)
    accounts = [ids.new() for _ in range(2 * _SPREAD)]
    rows = [(_COUNCIL, account) for account in accounts]
    await connection.executemany("INSERT INTO peer_account VALUES ($1, $2, 0)", rows)
    await connection.close()
    return list(zip(accounts[::2], accounts[1::2], strict=True))


def _make_transaction(number: int) -> Transaction:
    clearing, fund = Account(Role.CLEARING, f"card-{number}"), Account(Role.FUND, f"code-{number}", _FUND)
    return Transaction(
        ids.new(), Kind.RECEIPT, ids.new(), "90", _DAY, [Posting(clearing, 5), Posting(fund, -5)]
    )


async def _post(session: Any, number: int) -> None:
    await postings.post(session, _COUNCIL, _MODE, [_make_transaction(number)])


async def _post_locked(session: Any, first: UUID, second: UUID) -> None:
    """Post to the ledger with balance rows: lock, insert, update, as one transaction."""
    values = {"council": _COUNCIL, "first": first, "second": second, "amount": 5, "id": ids.new()}
    await session.execute(_LOCK, values)
    await session.execute(_INSERT_TRANSACTION, {**values, "cause": ids.new(), "day": _DAY})
    await session.execute(_INSERT_POSTINGS, values)
    await session.execute(_UPDATE, values)


async def _measure_rate(connections: Sequence[_Connection], post: Post) -> float:
    """Post one transaction after another, by several writers at once; return how many a second."""
    numbers = iter(range(_COUNT))

    async def write(connection: _Connection) -> None:
        for number in numbers:
            async with connection.writing() as session:
                await post(session, number)

    start = time.perf_counter()
    await asyncio.gather(*map(write, connections))
    return _COUNT / (time.perf_counter() - start)


async def _measure_batches(connection: _Connection) -> float:
    start = time.perf_counter()
    for _ in range(0, _COUNT, _BATCH):
        batch = [_make_transaction(number % _SPREAD) for number in range(_BATCH)]
        async with connection.writing() as session:
            await postings.post(session, _COUNCIL, _MODE, batch)
    return _COUNT / (time.perf_counter() - start)


async def _measure_sealing(database_url: str) -> float:
    """Seal what was posted, as the job does; return how many transactions a second."""
    database = Database(Settings(database_url=database_url), "bench", rows_secured=True)
    start, count = time.perf_counter(), 0
    while True:
        async with database.writing(_COUNCIL) as session:
            sealed = await seals.extend_chain(session, _COUNCIL, _MODE)
        if not sealed:
            break
        count += sealed
    await database.close()
    return count / (time.perf_counter() - start)
