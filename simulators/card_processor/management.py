"""The pages for people: the accounts, what is in each, and the 3-D Secure challenge."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from simulators.card_processor import authorisations, balance, disputes, pages, payouts
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.fields import Fields
from simulators.card_processor.payouts import PayoutRequest
from simulators.card_processor.record_list import list_newest
from simulators.card_processor.requests import read_bytes
from simulators.card_processor.session import AccountSession
from simulators.card_processor.settlement_faults import KINDS, SettlementFault
from simulators.card_processor.state import SimulatorState

Handler = Callable[[SimulatorState, Request], Awaitable[Response]]
_OTHER_SITES = {"cross-site", "same-site"}
_MAX_ROWS = 50
_ACCOUNTS = "SELECT id FROM account ORDER BY json_extract(body, '$.created_at') DESC, id LIMIT ?"
_FIND_ACCOUNT = "SELECT account FROM record WHERE kind = ? AND id = ?"


async def style(_: SimulatorState, __: Request) -> Response:
    """Return the style sheet of every page."""
    return Response(pages.read_style(), media_type="text/css")


async def home(state: SimulatorState, _: Request) -> Response:
    """Show the newest accounts."""
    rows = state.database.rows(_ACCOUNTS, _MAX_ROWS)
    accounts = [account for (name,) in rows if (account := state.load_account(name))]
    return pages.render("home.html", accounts=accounts, count=state.count_accounts())


async def show_account(state: SimulatorState, request: Request) -> Response:
    """Show the newest records of an account, with buttons."""
    with state.session(request.path_params["account"]) as session:
        return pages.render(
            "account.html",
            account=session.account,
            now=session.now,
            authorisations=list_newest(session, authorisations.KIND, _MAX_ROWS),
            captures={record["id"]: record for record in list_newest(session, "capture", _MAX_ROWS)},
            disputes=list_newest(session, disputes.KIND, _MAX_ROWS),
            payouts=list_newest(session, payouts.KIND, _MAX_ROWS),
            unpaid=sum(line["net"] for line in session.list_children(balance.KIND, balance.UNPAID)),
            faults=KINDS,
        )


def make_payout(session: AccountSession, form: Fields) -> None:
    """Pay out what is unpaid, with a fault if one was chosen."""
    kind = form.choice("fault", ("", *KINDS), "")
    payouts.make_payout(session, PayoutRequest(faults=[SettlementFault(kind)] if kind else []))


def open_dispute(session: AccountSession, form: Fields) -> None:
    """Open a dispute of a payment."""
    disputes.open_dispute(
        session, session.get(authorisations.KIND, form.text("authorisation", 64)), "general"
    )


def decide_dispute(session: AccountSession, form: Fields) -> None:
    """Decide a dispute."""
    record = session.get(disputes.KIND, form.text("dispute", 64))
    disputes.close(session, record, form.choice("status", ("won", "lost")))


def advance_clock(session: AccountSession, form: Fields) -> None:
    """Advance the account's clock."""
    session.account.advance_clock(int(form.choice("seconds", ("3600", "86400", "604800"))))


_ACTIONS: dict[str, Callable[[AccountSession, Fields], None]] = {
    "payouts": make_payout,
    "disputes": open_dispute,
    "decisions": decide_dispute,
    "clock": advance_clock,
}


async def act(state: SimulatorState, request: Request) -> Response:
    """Do what a button says, and show the account again."""
    name, action = request.path_params["account"], request.path_params["action"]
    if action not in _ACTIONS:
        raise ApiError(404, "not_found", "There is no such button.")
    form = await _read_form(request)
    with state.session(name) as session:
        _ACTIONS[action](session, form)
    return RedirectResponse(f"/accounts/{name}", 303)


async def _read_form(request: Request) -> Fields:
    """Read a form of the simulator's own pages. Raises ApiError if another site sent it."""
    if request.headers.get("sec-fetch-site") in _OTHER_SITES:
        raise ApiError(403, "forbidden", "Another site sent this form.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if media_type != "application/x-www-form-urlencoded":
        raise ApiError(400, "invalid_value", "Send a form as application/x-www-form-urlencoded.")
    try:
        return Fields(dict(parse_qsl((await read_bytes(request)).decode(), max_num_fields=20)))
    except ValueError:
        raise ApiError(400, "invalid_value", "The form cannot be read.") from None


async def show_challenge(state: SimulatorState, request: Request) -> Response:
    """Show the 3-D Secure challenge, in a frame of the merchant's page or alone."""
    with state.session(_find_account(state, request)) as session:
        record = _get_challenged(session, request)
    ancestors = f"'self' {_origin(record['return_url'])}"
    pending = record["status"] == "three_d_secure_required"
    return pages.render("challenge.html" if pending else "challenge_over.html", 200, ancestors, record=record)


async def answer_challenge(state: SimulatorState, request: Request) -> Response:
    """Take the result, and return to the merchant. A challenge that is over returns there too."""
    form = await _read_form(request)
    result = form.choice("result", authorisations.RESULTS)
    with state.session(_find_account(state, request)) as session:
        record = _get_challenged(session, request)
        if record["status"] == "three_d_secure_required":
            authorisations.answer_challenge(session, record, result)
    return RedirectResponse(record["return_url"], 303, {"Cache-Control": "no-store"})


def _find_account(state: SimulatorState, request: Request) -> str:
    """Return whose challenge the address is, which is all that a cardholder has."""
    if row := state.database.row(_FIND_ACCOUNT, authorisations.KIND, request.path_params["id"]):
        return str(row[0])
    raise ApiError(404, "not_found", "There is no such challenge.")


def _get_challenged(session: AccountSession, request: Request) -> Record:
    record = session.get(authorisations.KIND, request.path_params["id"])
    if record["three_d_secure"] is None:
        raise ApiError(404, "not_found", "This payment has no challenge.")
    return record


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _page(state: SimulatorState, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler of a page: a refusal is shown on a page."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(state, request)
        except ApiError as refusal:
            return pages.render_refusal(refusal.reason, refusal.status)

    return handle


def routes(state: SimulatorState) -> list[Route]:
    """Build the routes of the pages."""
    return [
        Route("/", _page(state, home), methods=["GET"]),
        Route("/simulator/style.css", _page(state, style), methods=["GET"]),
        Route("/accounts/{account}", _page(state, show_account), methods=["GET"]),
        Route("/accounts/{account}/{action}", _page(state, act), methods=["POST"]),
        Route("/three-d-secure/{id}", _page(state, show_challenge), methods=["GET"]),
        Route("/three-d-secure/{id}", _page(state, answer_challenge), methods=["POST"]),
    ]
