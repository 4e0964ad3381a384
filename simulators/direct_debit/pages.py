"""The hosted page at which a payer signs, and a page that lists accounts with their clocks."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.direct_debit.control import sign
from simulators.direct_debit.errors import ApiError
from simulators.direct_debit.state import SimulatorState

_FOLDER = Path(__file__).parent / "pages"
_SCENARIOS = {
    "good": "An account that pays",
    "refer-to-payer": "An account without money: the first presentation comes back (ARUDD 0)",
    "no-account": "No such account: the bank refuses the instruction (AUDDIS 5)",
}
_DAY_SECONDS = 86_400
_FOREIGN = "The form came from another site."
_UNKNOWN = "There is no such page."
_MAX_FORM = 1_000
_HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would apply it to the redirect to the council too.
    "Content-Security-Policy": "default-src 'none'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def routes(simulator: SimulatorState) -> list[Route]:
    """List the routes of the pages."""
    pages = _Pages(simulator)
    return [
        Route("/", pages.show_home),
        Route("/accounts/{name}/advance", pages.advance, methods=["POST"]),
        Route("/flow/{id}", pages.show_flow),
        Route("/flow/{id}", pages.submit_flow, methods=["POST"]),
    ]


class _Pages:
    """The pages of one simulator."""

    def __init__(self, simulator: SimulatorState) -> None:
        self._simulator = simulator

    async def show_home(self, _: Request) -> Response:
        """List the accounts; each is named by what follows the first letters of its token."""
        accounts = []
        for name in self._simulator.list_accounts():
            with self._simulator.session(name) as session:
                counts = {kind: len(session.list_all(kind)) for kind in ("mandates", "payments", "payouts")}
                accounts.append({"name": name, "now": session.now, **counts})
        return _render("home.html", accounts=accounts)

    async def advance(self, request: Request) -> Response:
        """Let a day pass for an account."""
        if _is_foreign(request):
            return _render("refusal.html", 403, reason=_FOREIGN)
        try:
            with self._simulator.session(request.path_params["name"]) as session:
                session.account["offset"] += _DAY_SECONDS
        except ApiError as refusal:
            return _render("refusal.html", refusal.status, reason=str(refusal))
        return RedirectResponse("/", 303)

    async def show_flow(self, request: Request) -> Response:
        """Show a payer what they are asked to sign."""
        name = self._simulator.find_owner("billing_request_flows", request.path_params["id"])
        if name is None:
            return _render("refusal.html", 404, reason=_UNKNOWN)
        return _render("flow.html", path=request.url.path, scenarios=_SCENARIOS)

    async def submit_flow(self, request: Request) -> Response:
        """Sign, and go back to where the payer came from."""
        if _is_foreign(request):
            return _render("refusal.html", 403, reason=_FOREIGN)
        scenario = await _read_scenario(request)
        name = self._simulator.find_owner("billing_request_flows", request.path_params["id"])
        if name is None:
            return _render("refusal.html", 404, reason=_UNKNOWN)
        with self._simulator.session(name) as session:
            flow = session.get("billing_request_flows", request.path_params["id"])
            sign(session, flow["links"]["billing_request"], scenario)
        return RedirectResponse(flow["redirect_uri"], 303)


def _is_foreign(request: Request) -> bool:
    """Check whether a browser says that a form came from elsewhere."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


async def _read_scenario(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body = (body + chunk)[:_MAX_FORM]
    scenario = parse_qs(body.decode("ascii", "replace")).get("scenario", [""])[0]
    return scenario if scenario in _SCENARIOS else "good"


def _render(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(_environment().get_template(template).render(context), status, _HEADERS)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
