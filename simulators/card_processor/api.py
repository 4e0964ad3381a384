"""The API of merchants: authorisations, captures, refunds, disputes, payouts and balance transactions."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.card_processor import authorisations, balance, captures, disputes, faults, payouts, refunds
from simulators.card_processor.authorisations import AuthorisationRequest
from simulators.card_processor.cards import CARDS
from simulators.card_processor.faults import Fault, take_fault
from simulators.card_processor.fields import Fields
from simulators.card_processor.idempotency import Answer, answer_once, check_key
from simulators.card_processor.record_list import list_page
from simulators.card_processor.requests import answer, endpoint, open_account, read_members, read_query
from simulators.card_processor.session import AccountSession, public
from simulators.card_processor.state import SimulatorState

MAX_AMOUNT = 99_999_999
Perform = Callable[[AccountSession], Answer]
# How an operation reads its members and the id in the path, before anything happens.
Parser = Callable[[Fields, str], Perform]


def parse_authorise(fields: Fields, _: str) -> Perform:
    """Read the request for an authorisation."""
    fields.choice("currency", ("GBP",))
    request = AuthorisationRequest(
        amount=fields.integer("amount", 0, MAX_AMOUNT),
        method=fields.choice("method", CARDS, None),
        reference=fields.text("reference", 255),
        return_url=fields.url("return_url", None),
        agreement=fields.text("agreement", 64, None),
        moto=fields.flag("moto", default=False),
        capture=fields.flag("capture", default=False),
    )
    return lambda session: (201, public(authorisations.authorise(session, request)))


def parse_three_d_secure(fields: Fields, authorisation_id: str) -> Perform:
    """Read the result of a challenge."""
    result = fields.choice("result", authorisations.RESULTS)

    def perform(session: AccountSession) -> Answer:
        record = session.get(authorisations.KIND, authorisation_id)
        return 200, public(authorisations.answer_challenge(session, record, result))

    return perform


def parse_capture(fields: Fields, authorisation_id: str) -> Perform:
    """Read the request for a capture, of all unless there is an amount."""
    amount = fields.integer("amount", 1, MAX_AMOUNT, None)

    def perform(session: AccountSession) -> Answer:
        record = session.get(authorisations.KIND, authorisation_id)
        return 201, public(captures.capture(session, record, amount))

    return perform


def parse_cancel(_: Fields, authorisation_id: str) -> Perform:
    """Read the request for a cancellation, which has no members."""

    def perform(session: AccountSession) -> Answer:
        record = session.get(authorisations.KIND, authorisation_id)
        return 200, public(authorisations.cancel(session, record))

    return perform


def parse_refund(fields: Fields, authorisation_id: str) -> Perform:
    """Read the request for a refund."""
    amount, reference = fields.integer("amount", 1, MAX_AMOUNT), fields.text("reference", 255)

    def perform(session: AccountSession) -> Answer:
        record = session.get(authorisations.KIND, authorisation_id)
        return 201, public(refunds.refund(session, record, amount, reference))

    return perform


async def change(state: SimulatorState, request: Request, operation: str, parser: Parser) -> Response:
    """Answer a request that changes something, with the fault that is next for its operation."""
    name = open_account(state, request)
    key = check_key(request.headers.get("idempotency-key"))
    members = await read_members(request)
    fields = Fields(members)
    perform = parser(fields, request.path_params.get("id", ""))
    fields.finish()
    content = [request.url.path, members]
    with state.session(name) as session:
        fault = take_fault(session.account, operation)
        session.fails = fault.kind == faults.FAIL
        if fault.kind not in faults.BEFORE:
            status, body = answer_once(session, key, content, perform)
    if fault.kind == "error-before":
        return answer(503, {"code": "unavailable", "reason": "Fault error-before: nothing has happened"})
    if fault.kind == "slow":
        await _wait(request, fault)
        with state.session(name) as session:
            status, body = answer_once(session, key, content, perform)
    if fault.kind in faults.AFTER:
        return await _hide_answer(request, fault)
    return answer(status, body)


async def _hide_answer(request: Request, fault: Fault) -> Response:
    """Answer with an error although the request was accepted."""
    if fault.kind == "500-after-accept":
        return answer(500, {"code": "error", "reason": "The processor failed"})
    await _wait(request, fault)
    return answer(504, {"code": "timeout", "reason": "The processor did not answer in time"})


async def _wait(request: Request, fault: Fault) -> None:
    """Wait as long as the fault says, or until the caller has gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(fault.seconds):
            while (await request.receive())["type"] != "http.disconnect":
                """More of a body that was read already is of no interest."""


async def read(state: SimulatorState, request: Request, perform: Perform) -> Response:
    """Answer a request that changes nothing, with the fault that is next for reads."""
    name = open_account(state, request)
    with state.session(name) as session:
        fault = take_fault(session.account, "read")
        status, body = perform(session)
    if fault.kind == "error-before":
        return answer(503, {"code": "unavailable", "reason": "Fault error-before"})
    if fault.kind == "slow":
        await _wait(request, fault)
    return await _hide_answer(request, fault) if fault.kind in faults.AFTER else answer(status, body)


def _changes(state: SimulatorState, path: str, operation: str, parser: Parser) -> Route:
    async def handler(state: SimulatorState, request: Request) -> Response:
        return await change(state, request, operation, parser)

    return Route(path, endpoint(state, handler), methods=["POST"])


def _gets(state: SimulatorState, path: str, kind: str) -> Route:
    async def handler(state: SimulatorState, request: Request) -> Response:
        read_query(request).finish()
        record_id = request.path_params["id"]
        return await read(state, request, lambda session: (200, public(session.get(kind, record_id))))

    return Route(path, endpoint(state, handler), methods=["GET"])


def _lists(state: SimulatorState, path: str, kind: str, parent: str | None = None) -> Route:
    """Build the route of a list. ``parent``: the parameter that names what the records belong to."""

    async def handler(state: SimulatorState, request: Request) -> Response:
        query = read_query(request)
        limit, after = query.integer("limit", 1, 500, 100), query.text("after", 64, None)
        owner = query.text(parent, 64, None) if parent else None
        query.finish()
        owner = request.path_params.get("id", owner)
        return await read(
            state, request, lambda session: (200, list_page(session, kind, owner, after, limit))
        )

    return Route(path, endpoint(state, handler), methods=["GET"])


def routes(state: SimulatorState) -> list[Route]:
    """Build the routes of the API."""
    path = "/v1/authorisations/{id}"
    result = [
        _changes(state, "/v1/authorisations", "authorise", parse_authorise),
        _changes(state, f"{path}/three_d_secure", "three_d_secure", parse_three_d_secure),
        _changes(state, f"{path}/capture", "capture", parse_capture),
        _changes(state, f"{path}/cancel", "cancel", parse_cancel),
        _changes(state, f"{path}/refunds", "refund", parse_refund),
        _lists(state, f"{path}/refunds", refunds.KIND),
        _lists(state, "/v1/balance_transactions", balance.KIND, "payout"),
        _lists(state, "/v1/refunds", refunds.KIND, "authorisation"),
        _lists(state, "/v1/disputes", disputes.KIND, "authorisation"),
        *(_lists(state, f"/v1/{kind}s", kind) for kind in (authorisations.KIND, captures.KIND, payouts.KIND)),
    ]
    kinds = (authorisations.KIND, captures.KIND, refunds.KIND, disputes.KIND, payouts.KIND, balance.KIND)
    return result + [_gets(state, f"/v1/{kind}s/{{id}}", kind) for kind in kinds]
