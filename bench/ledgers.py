"""The ledger of postings, against ones that keep balance rows and lock them, as ledgers often do.

There are two of those. The **lean** one does less than ours: nothing holds its sums to zero, no day is closed
to it, nothing is queued to be sealed. The **equal** one writes our own rows and then its balances, so that
only the balance rows differ. Each is measured by itself, and as a payment's transaction posts: with the four
statements that follow a receipt, while locks are held.

All run through asyncpg alone, so that the ledgers are measured and not the client, and at a server that
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
# What a captured payment's transaction does after its receipt: codes of funds, account, event, payer.
_REST = (
    text("SELECT id, code FROM fund WHERE council = :council AND code = '13'"),
    text("SELECT id, settings FROM gateway_account WHERE council = :council AND mode = 'sandbox'"),
    text("""INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)
        VALUES (:council, 'payments.receipt', :id, 'townhall.citytown.payments.receipt.posted', '{}')"""),
    text("SELECT email FROM payer WHERE council = :council AND payment = :id"),
)
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
    ways = _list_ways(peers)
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


def _list_ways(peers: Sequence[tuple[UUID, UUID]]) -> dict[str, Post]:
    """List the ways to post: each ledger, on one account and spread, alone and in a payment's transaction."""
    posts = {
        "ours": _post,
        "lean": lambda session, number: _post_locked(session, *peers[number]),
        "equal": lambda session, number: _post_with_balances(session, number, *peers[number]),
    }
    ways: dict[str, Post] = {}
    for name, post in posts.items():
        for place, spread in (("hot", 1), ("spread", _SPREAD)):
            ways[f"{name}, {place}"] = _make_way(post, spread, in_payment=False)
            ways[f"{name}, {place}, in a payment"] = _make_way(post, spread, in_payment=True)
    return ways


def _make_way(post: Post, spread: int, *, in_payment: bool) -> Post:
    async def do(session: Any, number: int) -> None:
        await post(session, number % spread)
        if in_payment:
            for statement in _REST:
                await session.execute(statement, {"council": _COUNCIL, "id": ids.new()})

    return do


def _compare(rounds: Sequence[dict[str, float]]) -> list[Figure]:
    def ratio(first: str, second: str) -> float:
        return median(rates[first] / rates[second] for rates in rounds)

    figures = [
        Figure(f"postings a second: {name}", median(rates[name] for rates in rounds), "transactions/s")
        for name in rounds[0]
    ]
    figures.append(Figure("postings, hot / spread", ratio("ours, hot", "ours, spread"), "x", least=0.9))
    for peer in ("lean", "equal"):
        for suffix in ("", ", in a payment"):
            for place, least in (("hot", 5), ("spread", 1.5)):
                name = f"postings / {peer} balance rows, {place}{suffix}"
                ways = (f"ours, {place}{suffix}", f"{peer}, {place}{suffix}")
                figures.append(Figure(name, ratio(*ways), "x", least=least))
    return figures


def _compare_batches(
    rounds: Sequence[dict[str, float]], batches: Sequence[float], sealing: float
) -> list[Figure]:
    single = median(rates["ours, spread"] for rates in rounds)
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


async def _post_with_balances(session: Any, number: int, first: UUID, second: UUID) -> None:
    """Post to our ledger, and keep balance rows beside it: lock, our rows, update."""
    values = {"council": _COUNCIL, "first": first, "second": second, "amount": 5}
    await session.execute(_LOCK, values)
    await _post(session, number)
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
