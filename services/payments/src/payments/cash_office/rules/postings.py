"""How counter takings are posted. Source: council finance, section 11, example 8."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from payments.cash_office.rules.tills import Count
from payments.ledger.rules import Account, Posting, Role
from payments.payments.rules.postings import LineAmounts, post_line

CASH: Literal["cash"] = "cash"
CHEQUE: Literal["cheque"] = "cheque"


def till_account(kind: str, till: UUID, office: UUID) -> Account:
    """Return where the money of a till is: cash in the till itself, cheques at its office."""
    return Account(Role.CASH, str(till)) if kind == CASH else Account(Role.CHEQUES, str(office))


def transit_account(bag: UUID) -> Account:
    """Return where the money of a bag is until the bank shows it."""
    return Account(Role.TRANSIT, str(bag))


def post_receipt(place: Account, receipt: UUID, lines: Sequence[LineAmounts]) -> list[Posting]:
    """Post a receipt: where the money is, against funds, VAT and suspense."""
    total = sum(line.amount for line in lines)
    return [Posting(place, total), *(leg for line in lines for leg in post_line(line, receipt, -1))]


def post_difference(till: UUID, office: UUID, count: Count) -> list[Posting]:
    """Post what a till is over or short, so that its account has what was counted."""
    cash, cheques = count.cash_difference, count.cheque_difference
    legs = [
        Posting(Account(Role.OVER_SHORT), -(cash + cheques)),
        Posting(till_account(CASH, till, office), cash),
        Posting(till_account(CHEQUE, till, office), cheques),
    ]
    return [leg for leg in legs if leg.amount]


def post_banking(bag: UUID, office: UUID, cash: Sequence[tuple[UUID, int]], cheques: int) -> list[Posting]:
    """Post a bag on its way to the bank: the cash of each till, and the office's cheques."""
    legs = [
        Posting(transit_account(bag), sum(amount for _, amount in cash) + cheques),
        *(Posting(till_account(CASH, till, office), -amount) for till, amount in cash),
        Posting(Account(Role.CHEQUES, str(office)), -cheques),
    ]
    return [leg for leg in legs if leg.amount]


def post_returned_cheque(bag: UUID, receipt: UUID, lines: Sequence[LineAmounts]) -> list[Posting]:
    """Post a cheque that came back: its lines are owed again, and the bank takes the money."""
    total = sum(line.amount for line in lines)
    taken_back = [leg for line in lines for leg in post_line(line, receipt, 1)]
    return [*taken_back, Posting(transit_account(bag), -total)]


def post_credit_note(receipt: UUID, lines: Sequence[LineAmounts]) -> list[Posting]:
    """Post what is given back of a receipt: owed to the payer until the payments ledger pays it."""
    total = sum(line.amount for line in lines)
    legs = [leg for line in lines for leg in post_line(line, receipt, 1)]
    return [*legs, Posting(Account(Role.REFUNDS), -total)]
