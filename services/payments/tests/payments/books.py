"""A gateway account's books, ours and the processor's, and the invariants of money between them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from chassis import ids
from payments.payments.rules.states import LEGAL, Status

_PAYMENTS = "SELECT * FROM payment WHERE council = $1 AND account = $2 ORDER BY id"
_OF_PAYMENTS = """SELECT x.* FROM {table} x JOIN payment p ON p.council = x.council AND p.id = x.payment
    WHERE p.council = $1 AND p.account = $2 ORDER BY x.payment, x.{order}"""
_REFUND_LINES = """SELECT r.payment, l.n, l.amount, l.vat FROM refund_line l
    JOIN refund r ON r.council = l.council AND r.id = l.refund
    WHERE r.council = $1 AND r.account = $2 AND r.status <> 'error'"""
_POSTINGS = """SELECT t.id, t.kind, t.cause, a.role, p.amount FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
    WHERE t.council = $1 AND t.cause = ANY (ARRAY(SELECT id FROM payment WHERE council = $1 AND account = $2
        UNION ALL SELECT id FROM refund WHERE council = $1 AND account = $2))"""
_MOST = 500  # records that the processor lists at once


@dataclass(frozen=True)
class Books:
    """What we have of an account's payments and refunds, and what the processor has."""

    payments: list
    events: list
    lines: list
    refunds: list
    refund_lines: list
    postings: list
    authorisations: list
    captures: list
    processor_refunds: list

    def list_history(self, payment_id):
        """List the states of a payment in their order."""
        return [Status(event["status"]) for event in self.events if event["payment"] == payment_id]

    def sum_postings(self, kind, role):
        """Sum the postings of a kind of transaction on a role's accounts, by their cause."""
        sums = Counter()
        for posting in self.postings:
            if (posting["kind"], posting["role"]) == (kind, role):
                sums[posting["cause"]] += posting["amount"]
        return sums


async def read_books(connection, processor, council, account):
    """Read the books. ``connection``: one that sees the council. ``processor``: a client of its account."""

    async def read(statement):
        return await connection.fetch(statement, council, account)

    async def list_records(kind):
        records = []
        while True:
            after = {"after": records[-1]["id"]} if records else {}
            response = await processor.get(f"/v1/{kind}", params={"limit": _MOST, **after})
            response.raise_for_status()
            page = response.json()["data"]
            records += page
            if len(page) < _MOST:
                return records

    return Books(
        await read(_PAYMENTS),
        await read(_OF_PAYMENTS.format(table="payment_event", order="n")),
        await read(_OF_PAYMENTS.format(table="payment_line", order="n")),
        await read("SELECT * FROM refund WHERE council = $1 AND account = $2"),
        await read(_REFUND_LINES),
        await read(_POSTINGS),
        await list_records("authorisations"),
        await list_records("captures"),
        await list_records("refunds"),
    )


def check_books(books):
    """Check every invariant of books in which nothing is in progress any more."""
    check_zero_sums(books)
    check_histories(books)
    check_refunded(books)
    check_settled(books)


def check_zero_sums(books):
    """Check that the postings sum to zero, in each transaction and in all."""
    sums = Counter()
    for posting in books.postings:
        sums[posting["id"]] += posting["amount"]
    assert not any(sums.values()), "a transaction does not sum to zero"


def check_histories(books):
    """Check that every history is a legal path from creation to the payment's state."""
    for payment in books.payments:
        history = books.list_history(payment["id"])
        assert history[0] is Status.CREATED
        assert history[-1] == payment["status"]
        for state, following in pairwise(history):
            assert following in LEGAL[state], f"{state} to {following}"


def check_refunded(books):
    """Check that no more is refunded than was captured, of a payment and of each line, and VAT within it."""
    amounts, line_amounts, line_vat = Counter(), Counter(), Counter()
    for refund in books.refunds:
        if refund["status"] != "error":
            amounts[refund["payment"]] += refund["amount"]
    for share in books.refund_lines:
        line_amounts[share["payment"], share["n"]] += share["amount"]
        line_vat[share["payment"], share["n"]] += share["vat"]
    for payment in books.payments:
        assert amounts[payment["id"]] == payment["refunded"] <= payment["amount"] + payment["surcharge"]
        assert payment["status"] == Status.CAPTURED or not payment["refunded"]
    for line in books.lines:
        key = line["payment"], line["n"]
        assert line_amounts[key] == line["refunded"] <= line["amount"]
        assert line_vat[key] == line["refunded_vat"] <= line["vat"]


def check_settled(books):
    """Check that the processor took, gave back and let go exactly what we say it did."""
    authorisations, captured, refunded = defaultdict(list), Counter(), Counter()
    for authorisation in books.authorisations:
        authorisations[authorisation["reference"]].append(authorisation)
    for capture in books.captures:
        captured[capture["reference"]] += capture["amount"]
    for refund in books.processor_refunds:
        if refund["status"] == "success":
            refunded[refund["reference"]] += refund["amount"]
    receipts = books.sum_postings("receipt", "clearing")
    for payment in books.payments:
        own_authorisations = authorisations[ids.show(payment["id"])]
        assert len(own_authorisations) <= 1, "a card was charged twice"
        total = payment["amount"] + payment["surcharge"] if payment["status"] == Status.CAPTURED else 0
        assert captured[ids.show(payment["id"])] == receipts[payment["id"]] == total
        has_hold = any(
            record["status"] in {"authorised", "three_d_secure_required"} for record in own_authorisations
        )
        assert not has_hold or payment["status"] in {
            Status.CHALLENGED,
            Status.AUTHORISED,
            Status.CAPTURABLE,
        }, f"money is held for a payment that is {payment['status']}"
    confirmed = books.sum_postings("refund-confirmed", "clearing")
    for refund in books.refunds:
        assert refund["status"] in {"success", "error"}, "a refund is not finished"
        amount = refund["amount"] if refund["status"] == "success" else 0
        assert refunded[ids.show(refund["id"])] == -confirmed[refund["id"]] == amount
    ours = {ids.show(row["id"]) for row in (*books.payments, *books.refunds)}
    assert {*authorisations, *captured, *refunded} <= ours, "the processor knows of money that we do not"


def list_expected_events(books, payment):
    """List the events that a payment's history publishes, in their order: its last are its refunds."""
    types, before = [], None
    for state in books.list_history(payment["id"]):
        if (event := _EVENTS.get(state)) and not (
            state is Status.CAPTURING and before is Status.CAPTURABLE  # it succeeded before
        ):
            types.append(event)
        before = state
    refunds = sum(
        refund["status"] == "success" for refund in books.refunds if refund["payment"] == payment["id"]
    )
    return [*types, *["refunded"] * refunds]


_EVENTS = {
    Status.CREATED: "created",
    Status.CAPTURABLE: "succeeded",
    Status.CAPTURING: "succeeded",
    Status.DECLINED: "failed",
    Status.ERROR: "failed",
    Status.CANCELLED_BY_USER: "failed",
    Status.CANCELLED_BY_SERVICE: "cancelled",
    Status.EXPIRED: "expired",
}
