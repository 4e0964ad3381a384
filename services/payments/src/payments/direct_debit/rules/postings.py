"""How collections are posted. Source: council finance, section 11, example 7."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.payments.rules.postings import LineAmounts, post_line

METHOD, UNPAID_METHOD = "DD", "DU"
"""The codes of the methods of payment, as the default set has them."""


def post_collection(
    transaction_id: UUID, collection: Any, lines: Sequence[LineAmounts], taken_on: date
) -> Transaction:
    """Post a collection on its charge date: the Direct Debit account against funds and VAT."""
    account = Account(Role.DIRECT_DEBIT, str(collection.service_user))
    postings = [Posting(account, sum(line.amount for line in lines))]
    for line in lines:
        postings += post_line(line, collection.id, -1)
    return Transaction(
        transaction_id,
        Kind.RECEIPT,
        collection.id,
        METHOD,
        taken_on,
        postings,
        value_date=collection.charge_date,
    )
