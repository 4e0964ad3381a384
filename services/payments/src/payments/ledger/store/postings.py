"""Accounts, transactions and postings: written once, in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date, DateTime, SmallInteger, Text

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.tables import ID
from payments.ledger.rules import Account, Transaction

_UUIDS = ARRAY(ID)
# A row that another transaction made meanwhile is found by the second statement, once that one has committed.
_INSERT_ACCOUNTS = text("""
    INSERT INTO ledger_account (council, id, mode, role, fund, code)
    SELECT :council, id, :mode, role, fund, code
    FROM unnest(:ids, :roles, :funds, :codes) AS x (id, role, fund, code)
    ON CONFLICT DO NOTHING""").bindparams(
    bindparam("ids", type_=_UUIDS),
    bindparam("roles", type_=ARRAY(Text)),
    bindparam("funds", type_=_UUIDS),
    bindparam("codes", type_=ARRAY(Text)),
)
_FIND_ACCOUNTS = text("""
    SELECT a.id, a.role, a.fund, a.code FROM unnest(:roles, :funds, :codes) AS x (role, fund, code)
    JOIN ledger_account a ON a.council = :council AND a.mode = :mode AND a.role = x.role
        AND a.fund IS NOT DISTINCT FROM x.fund AND a.code = x.code""").bindparams(
    bindparam("roles", type_=ARRAY(Text)),
    bindparam("funds", type_=_UUIDS),
    bindparam("codes", type_=ARRAY(Text)),
)
_INSERT = text("""
    WITH entry AS (
        INSERT INTO ledger_transaction
            (council, id, mode, kind, cause, method, taken_on, value_date, reverses, posted_at)
        SELECT :council, id, :mode, kind, cause, method, taken_on, value_date, reverses, :now
        FROM unnest(:ids, :kinds, :causes, :methods, :taken_on, :value_dates, :reversed)
            AS x (id, kind, cause, method, taken_on, value_date, reverses)
    ), waiting AS (
        INSERT INTO unsealed_transaction (council, mode, transaction)
        SELECT :council, :mode, id FROM unnest(:ids) AS x (id)
    )
    INSERT INTO posting (council, transaction, n, account, amount, line, reference)
    SELECT :council, transaction, n, account, amount, line, reference
    FROM unnest(:transactions, :numbers, :accounts, :amounts, :lines, :references)
        AS x (transaction, n, account, amount, line, reference)""").bindparams(
    bindparam("ids", type_=_UUIDS),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("causes", type_=_UUIDS),
    bindparam("methods", type_=ARRAY(Text)),
    bindparam("taken_on", type_=ARRAY(Date)),
    bindparam("value_dates", type_=ARRAY(Date)),
    bindparam("reversed", type_=_UUIDS),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("transactions", type_=_UUIDS),
    bindparam("numbers", type_=ARRAY(SmallInteger)),
    bindparam("accounts", type_=_UUIDS),
    bindparam("amounts", type_=ARRAY(BigInteger)),
    bindparam("lines", type_=ARRAY(SmallInteger)),
    bindparam("references", type_=ARRAY(Text)),
)
_FIND_TRANSACTION = text("""
    SELECT t.id, t.mode, t.kind, t.cause, t.method, t.taken_on, t.value_date, t.reverses, t.posted_at,
        p.n, p.amount, p.line, p.reference, a.role, a.fund, a.code
    FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
    WHERE t.council = :council AND t.mode = :mode AND t.cause = :cause AND t.kind = :kind
    ORDER BY t.id, p.n""")


_LIST_BY_CAUSE = text("""
    SELECT t.id, t.kind, t.cause, t.method, t.taken_on, t.posted_at, p.amount, p.line, p.reference,
        a.role, a.fund, a.code
    FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
    WHERE t.council = :council AND t.mode = :mode AND t.cause = ANY (:causes)
    ORDER BY t.id, p.n LIMIT 1000""").bindparams(bindparam("causes", type_=_UUIDS))


async def list_by_causes(
    session: ReadSession, council: str, mode: str, causes: Sequence[UUID]
) -> Sequence[Row[Any]]:
    """List the postings of several causes, the oldest first, a thousand at most."""
    return await session.all(_LIST_BY_CAUSE, {"council": council, "mode": mode, "causes": list(causes)})


async def find_accounts(
    session: ReadSession, council: str, mode: str, accounts: Sequence[Account]
) -> dict[Account, UUID]:
    """Find those of the accounts that exist."""
    rows = await session.all(_FIND_ACCOUNTS, {"council": council, "mode": mode, **_columns(accounts)})
    return {_account_of(row): row.id for row in rows}


async def insert_accounts(session: Session, council: str, mode: str, accounts: Sequence[Account]) -> None:
    """Make accounts that do not exist."""
    values = {"council": council, "mode": mode, "ids": [ids.new() for _ in accounts], **_columns(accounts)}
    await session.execute(_INSERT_ACCOUNTS, values)


async def insert_transactions(
    session: Session,
    council: str,
    mode: str,
    transactions: Sequence[Transaction],
    account_ids: dict[Account, UUID],
) -> None:
    """Write transactions with their postings, in one statement however many."""
    postings = [
        (
            transaction.id,
            number,
            account_ids[posting.account],
            posting.amount,
            posting.line,
            posting.reference,
        )
        for transaction in transactions
        for number, posting in enumerate(transaction.postings, 1)
    ]
    names = ("transactions", "numbers", "accounts", "amounts", "lines", "references")
    values = {
        "council": council,
        "mode": mode,
        "now": clock.now(),
        "ids": [transaction.id for transaction in transactions],
        "kinds": [transaction.kind for transaction in transactions],
        "causes": [transaction.cause for transaction in transactions],
        "methods": [transaction.method for transaction in transactions],
        "taken_on": [transaction.taken_on for transaction in transactions],
        "value_dates": [transaction.value_date for transaction in transactions],
        "reversed": [transaction.reverses for transaction in transactions],
        **dict(zip(names, map(list, zip(*postings, strict=True)), strict=True)),
    }
    await session.execute(_INSERT, values)


async def find_postings(
    session: ReadSession, council: str, mode: str, cause: UUID, kind: str
) -> Sequence[Row[Any]]:
    """Find the postings of the transactions that a cause has of a kind, in order."""
    params = {"council": council, "mode": mode, "cause": cause, "kind": kind}
    return await session.all(_FIND_TRANSACTION, params)


def _columns(accounts: Sequence[Account]) -> dict[str, Any]:
    return {
        "roles": [account.role for account in accounts],
        "funds": [account.fund for account in accounts],
        "codes": [account.code for account in accounts],
    }


def _account_of(row: Row[Any]) -> Account:
    return Account(row.role, row.code, row.fund)
