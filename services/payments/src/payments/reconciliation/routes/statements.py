"""Bank accounts and statements."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import Row

from chassis import ids
from chassis.database import Database, Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from payments.bank_files.rules.statements import MAX_BYTES
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader
from payments.reconciliation.actions import statements
from payments.reconciliation.schemas.statements import (
    BankAccount,
    BankLine,
    BankStatement,
    NewBankAccount,
    StatementFile,
)

router = APIRouter(prefix=BASE, tags=["reconciliation"])
_TYPES = {
    "application/xml": "camt053",
    "text/xml": "camt053",
    "text/x-mt940": "mt940",
    "application/x-bai2": "bai2",
}
_CONTENT = {"schema": {"type": "string", "format": "binary", "maxLength": MAX_BYTES}}
_UPLOAD: dict[str, Any] = {
    "x-limits": {"body": MAX_BYTES, "timeout": 60},
    "requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _CONTENT)},
}


class _Body(BaseModel):
    """The part of a body that an Idempotency-Key remembers."""

    format: str
    sha256: str


@router.post("/bank-accounts", status_code=201, response_model=BankAccount, responses=document_problems(409))
async def create_bank_account(
    council: Slug, body: NewBankAccount, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a bank account. A sandbox credential adds one of the sandbox, which never meets live money."""
    return await once.run(
        session, caller, body, lambda: statements.create_bank_account(session, council, caller, body)
    )


@router.get("/bank-accounts")
async def list_bank_accounts(
    council: Slug, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[BankAccount]:
    """List the council's bank accounts of the credential's mode."""
    rows = await statements.list_bank_accounts(session, council, caller.mode, paging.start_id(), paging.fetch)
    return paging.page(rows, statements.to_bank_account, _key)


@router.post(
    "/statements",
    status_code=201,
    response_model=StatementFile,
    openapi_extra=_UPLOAD,
    responses=document_problems(409, 415, 422),
)
async def import_statements(
    request: Request, council: Slug, caller: FinanceKeeper, once: OnlyOnce
) -> Response:
    """Import a bank's file: CAMT.053 (.02 or .08), MT940 or BAI2, by its Content-Type. GBP only.

    All of it is taken or nothing: a broken line is named with its field. Each line is matched with a payout,
    or with the one fund whose reference it bears, or goes to suspense. A file or statement that was imported
    before changes nothing: you get the first one.
    """
    file_format = _read_format(request)
    content = await request.body()
    parsed = await statements.read_file(file_format, content)
    database: Database = request.app.state.database
    body = _Body(format=file_format, sha256=hashlib.sha256(content).hexdigest())
    async with database.writing(council) as session:

        async def work() -> StatementFile:
            file = await statements.import_file(session, council, caller, file_format, content, parsed)
            return _to_file(*await statements.get_file(session, council, file))

        return await once.run(session, caller, body, work)


@router.get("/statements")
async def list_statements(
    council: Slug, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[BankStatement]:
    """List bank statements of the credential's mode, in the order in which they were imported."""
    rows = await statements.list_statements(session, council, caller.mode, paging.start_id(), paging.fetch)
    return paging.page(rows, _to_statement, _key)


@router.get("/statements/{statement}", responses=document_problems(404))
async def read_statement(
    council: Slug, statement: ids.Id, caller: FinanceReader, session: Reading
) -> BankStatement:
    """Get a bank statement."""
    return _to_statement(await statements.get_statement(session, council, caller.mode, statement))


@router.get("/statements/{statement}/lines", responses=document_problems(404))
async def list_statement_lines(
    council: Slug, statement: ids.Id, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[BankLine]:
    """List the lines of a bank statement, and what each was matched with."""
    start = paging.start(int)
    rows = await statements.list_lines(
        session, council, caller.mode, statement, start[0] if start else 0, paging.fetch
    )
    return paging.page(
        rows, lambda row: BankLine.model_validate(row, from_attributes=True), lambda row: (row.n,)
    )


def _read_format(request: Request) -> str:
    """Read the format from the media type. Raises Problem 415."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _TYPES or request.headers.get("content-encoding", "identity").lower() != "identity":
        detail = f"Send one of {', '.join(_TYPES)} as Content-Type, and not compressed."
        raise Problem(415, "unsupported-media-type", detail)
    return _TYPES[media]


def _key(row: Row[Any]) -> tuple[str]:
    return (ids.show(row.id),)


def _to_statement(row: Row[Any]) -> BankStatement:
    return BankStatement.model_validate(row, from_attributes=True)


def _to_line(row: Row[Any]) -> BankLine:
    return BankLine.model_validate(row, from_attributes=True)


def _to_file(row: Row[Any], rows: Any) -> StatementFile:
    return StatementFile(
        id=row.id,
        format=row.format,
        sha256=bytes(row.hash).hex(),
        imported_at=row.imported_at,
        statements=[_to_statement(item) for item in rows],
    )
