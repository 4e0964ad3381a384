"""Certificates of disposal, as JSON, as a page to print and as a table."""

import json
from typing import Any
from uuid import UUID

from casework.retention.actions.lists import get_list
from casework.retention.rules.disposals import digest_certificate
from casework.retention.rules.documents import (
    write_csv,
    write_facts,
    write_page,
    write_paragraph,
    write_table,
)
from casework.retention.schemas.disposals import Certificate
from casework.retention.store import lists as store
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import not_found

_COLUMNS = ("reference", "case_type", "result", "due_on", "state", "history", "archive")
_FACTS = ("list", "mode", "requested_by", "requested_at", "signed_by", "signed_at", "issued_at", "totals")


async def get_certificate(session: ReadSession, council: str, caller: Caller, list_id: UUID) -> Certificate:
    """Get the certificate of a list that was disposed of. Raises Problem 403 or 404."""
    await get_list(session, council, caller, list_id)
    row = await store.find_certificate(session, council, list_id)
    if row is None:
        raise not_found("certificate: the list is not disposed of yet")
    document = json.loads(row.document)
    return Certificate(document=document, sha256=digest_certificate(row.document), statement=row.statement)


def print_certificate(certificate: Certificate) -> str:
    """Write a certificate as a page to print."""
    document = certificate.document
    facts: dict[str, Any] = {name: document[name] for name in _FACTS} | {"sha256": certificate.sha256}
    return write_page(
        "Certificate of disposal",
        [
            write_paragraph("These cases were disposed of as listed, with all that belonged to them."),
            write_facts("The disposal", facts),
            write_table("Cases", (*_COLUMNS, "why"), _list_rows(document, with_rule=True)),
            write_paragraph(f"Signed: {certificate.statement}"),
        ],
    )


def tabulate_certificate(certificate: Certificate) -> str:
    """Write the cases of a certificate as CSV."""
    return write_csv(_COLUMNS, _list_rows(certificate.document, with_rule=False))


def _list_rows(document: dict[str, Any], *, with_rule: bool) -> list[list[Any]]:
    last = ["rule"] if with_rule else []
    return [[item.get(name) for name in (*_COLUMNS, *last)] for item in document["items"]]
