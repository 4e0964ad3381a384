"""The endpoints of GoCardless's API that Townhall uses, as its reference describes them."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.direct_debit import scheme
from simulators.direct_debit.database import Record
from simulators.direct_debit.errors import ApiError, invalid
from simulators.direct_debit.requests import answer, endpoint, read_link, read_members, read_text, show
from simulators.direct_debit.session import AccountSession
from simulators.direct_debit.state import SimulatorState

_MAX_AMOUNT = 1_000_000  # pence
_MAX_REFERENCE = 10  # characters on a Bacs statement
_MAX_LIMIT = 500
_LISTED = ("events", "payouts")
_LINKED = ("mandate", "payment", "billing_request")
Create = Callable[[AccountSession, dict[str, Any]], Record]


def routes(simulator: SimulatorState) -> list[Route]:
    """List the routes of the API."""
    api = _Api(simulator)
    return [
        Route("/billing_requests", api.create("billing_requests", _add_request), methods=["POST"]),
        Route("/billing_request_flows", api.create("billing_request_flows", api.add_flow), methods=["POST"]),
        Route("/payments", api.create("payments", _add_payment), methods=["POST"]),
        Route("/payments/{id}/actions/retry", api.act("payments", _retry), methods=["POST"]),
        Route("/payments/{id}/actions/cancel", api.act("payments", _cancel_payment), methods=["POST"]),
        Route("/mandates/{id}/actions/cancel", api.act("mandates", _cancel_mandate), methods=["POST"]),
        *[Route(f"/{kind}", api.list_records(kind)) for kind in _LISTED],
        Route("/payout_items", api.list_items()),
        *[
            Route(f"/{kind}/{{id}}", api.get(kind))
            for kind in ("billing_requests", "mandates", "payments", "payouts", "events")
        ],
    ]


class _Api:
    """Makes the handlers of one simulator."""

    def __init__(self, simulator: SimulatorState) -> None:
        self._simulator = simulator

    def create(self, kind: str, add: Create) -> Any:
        """Create a record once for each idempotency key: then it is a conflict that names the first."""

        async def handle(request: Request) -> Response:
            name = self._open(request)
            members = await read_members(request, kind)
            fault = self._take_fault(name, f"create_{kind}")
            if fault == "error-before":
                raise ApiError(500, "gocardless", "internal_server_error", "Simulated fault")
            key = request.headers.get("idempotency-key", "")
            with self._simulator.session(name) as session:
                if key and (conflicting := session.find_answer(key)):
                    reason = "A resource has already been created with this idempotency key"
                    raise ApiError(
                        409, "invalid_state", "idempotent_creation_conflict", reason,
                        conflicting_resource_id=conflicting[1],
                    )  # fmt: skip
                record = add(session, members)
                if key:
                    session.save_answer(key, kind, record["id"])
            if fault == "timeout-after-accept":
                await asyncio.sleep(self._simulator.slow_seconds)
            return answer(201, {kind: show(record)})

        return endpoint(handle)

    def act(self, kind: str, perform: Callable[[AccountSession, str, dict[str, Any]], Record]) -> Any:
        """Perform an action on a record. Done a second time, its state refuses it."""

        async def handle(request: Request) -> Response:
            name = self._open(request)
            members = await read_members(request, "data")
            fault = self._take_fault(name, f"act_{kind}")
            if fault == "error-before":
                raise ApiError(500, "gocardless", "internal_server_error", "Simulated fault")
            with self._simulator.session(name) as session:
                record = perform(session, request.path_params["id"], members)
            if fault == "timeout-after-accept":
                await asyncio.sleep(self._simulator.slow_seconds)
            return answer(200, {kind: show(record)})

        return endpoint(handle)

    def get(self, kind: str) -> Any:
        """Get a record."""

        async def handle(request: Request) -> Response:
            with self._simulator.session(self._open(request)) as session:
                return answer(200, {kind: show(session.get(kind, request.path_params["id"]))})

        return endpoint(handle)

    def list_records(self, kind: str) -> Any:
        """List records, the newest first, as the API does."""

        async def handle(request: Request) -> Response:
            with self._simulator.session(self._open(request)) as session:
                return _answer_page(request, kind, session.list_all(kind)[::-1])

        return endpoint(handle)

    def list_items(self) -> Any:
        """List the items of a payout."""

        async def handle(request: Request) -> Response:
            with self._simulator.session(self._open(request)) as session:
                payout = session.get("payouts", request.query_params.get("payout", ""))
                items = [{**item, "_n": str(n)} for n, item in enumerate(payout["_items"])]
                return _answer_page(request, "payout_items", items, key="_n", linked=())

        return endpoint(handle)

    def add_flow(self, session: AccountSession, members: dict[str, Any]) -> Record:
        """Add a visit of a payer to the hosted page."""
        request_id = read_link(members, "billing_request")
        request = session.get("billing_requests", request_id)
        if request["status"] != "pending":
            raise invalid("The billing request is not pending any more")
        flow_id = session.new_id("BRF")
        return session.add(
            "billing_request_flows",
            {
                "id": flow_id,
                "authorisation_url": f"{self._simulator.url}/flow/{flow_id}",
                "redirect_uri": read_text(members, "redirect_uri", 2_000),
                "links": {"billing_request": request_id},
            },
        )

    def _open(self, request: Request) -> str:
        return self._simulator.open_account(request.headers.get("authorization", ""))

    def _take_fault(self, name: str, operation: str) -> str:
        with self._simulator.session(name) as session:
            return session.take_fault(operation)


def _answer_page(
    request: Request, kind: str, records: list[Record], key: str = "id", linked: Iterable[str] = _LINKED
) -> Response:
    """Answer a page of records that the query wants: events by what they are about, and since when."""
    query = request.query_params
    links = {name: query[name] for name in linked if name in query}
    since = query.get("created_at[gte]", "")
    chosen = [
        record
        for record in records
        if all(record.get("links", {}).get(name) == value for name, value in links.items())
        and record.get("created_at", "~") >= since
    ]
    if after := query.get("after"):
        position = next((n for n, record in enumerate(chosen) if record[key] == after), len(chosen))
        chosen = chosen[position + 1 :]
    limit = query.get("limit", "50")
    size = min(int(limit), _MAX_LIMIT) if limit.isascii() and limit.isdigit() and len(limit) < 5 else 50  # noqa: PLR2004
    page = chosen[:size]
    cursor = page[-1][key] if len(chosen) > size and page else None
    return answer(
        200, {kind: [show(record) for record in page], "meta": {"cursors": {"before": None, "after": cursor}}}
    )


def _add_request(session: AccountSession, members: dict[str, Any]) -> Record:
    mandate = members.get("mandate_request")
    if not isinstance(mandate, dict) or mandate.get("scheme") != "bacs":
        raise invalid("mandate_request.scheme is bacs")
    record = {"id": session.new_id("BRQ"), "status": "pending", "mandate_request": {"scheme": "bacs"}}
    return session.add("billing_requests", {**record, "links": {}, "metadata": members.get("metadata") or {}})


def _add_payment(session: AccountSession, members: dict[str, Any]) -> Record:
    amount = members.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= _MAX_AMOUNT:
        raise invalid(f"amount is 1 to {_MAX_AMOUNT} pence")
    if members.get("currency") != "GBP":
        raise invalid("currency is GBP")
    reference = members.get("reference") or ""
    if not isinstance(reference, str) or len(reference) > _MAX_REFERENCE:
        raise invalid(f"reference has at most {_MAX_REFERENCE} characters")
    mandate_id = read_link(members, "mandate")
    payment: Record = {
        "id": session.new_id("PM"),
        "amount": amount,
        "currency": "GBP",
        "charge_date": scheme.choose_charge_date(session, mandate_id, members.get("charge_date")),
        "reference": reference,
        "status": "pending_submission",
        "retry_if_possible": bool(members.get("retry_if_possible")),
        "links": {"mandate": mandate_id},
        "metadata": members.get("metadata") or {},
        "_retries": 0,
        "_is_paid_out": False,
        "_return": "",  # the type of the item that takes it back in the next payout
    }
    session.add("payments", payment)
    session.tell("payments", "created", {"payment": payment["id"]}, cause="payment_created")
    return payment


def _retry(session: AccountSession, payment_id: str, members: dict[str, Any]) -> Record:
    return scheme.retry_payment(session, payment_id, members.get("charge_date"))


def _cancel_payment(session: AccountSession, payment_id: str, _: dict[str, Any]) -> Record:
    return scheme.cancel_payment(session, payment_id)


def _cancel_mandate(session: AccountSession, mandate_id: str, _: dict[str, Any]) -> Record:
    mandate = session.get("mandates", mandate_id)
    if mandate["status"] not in {"pending_submission", "submitted", "active"}:
        raise ApiError(422, "invalid_state", "cancellation_failed", "The mandate is over already")
    return scheme.change_mandate(session, mandate_id, "cancelled", "")
