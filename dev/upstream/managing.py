"""The simulator's own pages and interface: who chose what, clients, and staff who move or leave."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dev.ports import OFFSETS
from dev.upstream import endpoints, keeping, pages, pushing, signing_in
from dev.upstream.faults import EVERY, NONE
from dev.upstream.forms import sent as parameters_of
from dev.upstream.refusals import PageError, WayBackError
from dev.upstream.staff import Tenant

if TYPE_CHECKING:
    from dev.upstream.simulator import Simulator

Managing = Callable[["Simulator", Request], Awaitable[Response]]
_FOREIGN = {"cross-site", "same-site"}


async def style(_: "Simulator", __: Request) -> Response:
    """The style sheet of every page."""
    return Response(pages.style(), media_type="text/css")


async def home(simulator: "Simulator", _: Request) -> Response:
    """What there is, and every directory's staff with their groups."""
    tenants = [(tenant, simulator.directory(tenant.tid)) for tenant in simulator.tenants.values()]
    port = urlsplit(simulator.url).port or 0
    base = port - OFFSETS["upstream"]  # where a town's gateway is, when the simulator runs in one
    context: dict[str, Any] = {"one_login": simulator.onelogin, "tenants": tenants, "base": base}
    context["signed_in"] = {grant.person for grant in simulator.sessions}
    return pages.render(
        "home.html", residents=simulator.residents.values(), clients=simulator.clients.values(), **context
    )


async def choose(simulator: "Simulator", request: Request) -> Response:
    """The choice made on the page: the way back to the client."""
    form = dict(await parameters_of(request))
    asked = simulator.visits.find(form.get("visit", ""), simulator.now())
    if asked is None:
        return pages.refusal("This page was open for too long. Begin again where you came from.", 400)
    act, person = form.get("act", ""), form.get("person", "")
    chosen = person if act == "go" else act
    if chosen not in _choices(simulator, asked.provider.tenant):
        return pages.refusal("Choose one of the people. Go back and choose again.", 400)
    simulator.visits.drop(asked)
    try:
        faults = EVERY.get(form.get("fault", ""), NONE)
        return RedirectResponse(signing_in.answer(simulator, asked, chosen, faults), 303)
    except WayBackError as error:
        return endpoints.refused(asked.redirect_uri, asked.state, error)


def _choices(simulator: "Simulator", tid: str) -> set[str]:
    people = simulator.tenants[tid].staff if tid else simulator.residents
    return {*people, *signing_in.ERRORS}


async def register(simulator: "Simulator", request: Request) -> Response:
    """A client, as ``Client`` has it in JSON: the set-up of the demonstration puts it here."""
    try:
        client = keeping.client(await request.json())
    except (ValueError, TypeError, AttributeError) as error:
        return JSONResponse({"error": f"That is no client: {error}"}, 400)
    simulator.register(client)
    simulator.changed()
    return JSONResponse({"client_id": client.client_id}, 201)


async def move(simulator: "Simulator", request: Request) -> Response:
    """Put somebody into these groups, or take them off the directory: by the page's form, or in JSON."""
    tenant: Tenant | None = simulator.tenants.get(request.path_params["tid"])
    as_json = request.headers.get("content-type", "").startswith("application/json")
    if tenant is None:
        return pages.refusal("There is no such tenant.", 404)
    if as_json:
        body = await request.json()
        groups, active = list(body.get("groups", ())), bool(body.get("active", True))
    else:
        form = await parameters_of(request)
        groups, active = [value for name, value in form if name == "groups"], ("active", "yes") in form
    try:
        member = tenant.change(request.path_params["key"], groups, active=active)
    except KeyError as error:
        return pages.refusal(f"There is no {error} in this directory.", 404)
    simulator.changed()
    if as_json:
        return JSONResponse({"key": member.key, "groups": sorted(member.groups), "active": member.active})
    return RedirectResponse(f"/#{tenant.council}", 303)


async def log_out(simulator: "Simulator", request: Request) -> Response:
    """Somebody signs out: every client where he is signed in is told, if it wants to know (back-channel)."""
    await simulator.log_out(request.path_params["person"])
    return RedirectResponse("/", 303)


async def push(simulator: "Simulator", request: Request) -> Response:
    """Send a directory's users and groups to a SCIM service."""
    tenant = simulator.tenants.get(request.path_params["tid"])
    if tenant is None:
        return pages.refusal("There is no such tenant.", 404)
    form = dict(await parameters_of(request))
    return pages.render(
        "pushed.html", done=await pushing.push_to(form.get("url", ""), form.get("key", ""), tenant)
    )


def routes(simulator: "Simulator") -> list[Route]:
    """Below /simulator, and the start page."""

    def at(path: str, managing: Managing, *methods: str) -> Route:
        return Route(path, _own(simulator, managing), methods=list(methods) or ["GET"])

    return [
        at("/", home),
        at("/simulator/style.css", style),
        at("/simulator/choice", choose, "POST"),
        at("/simulator/clients", register, "PUT"),
        at("/simulator/staff/{tid}/{key}", move, "POST"),
        at("/simulator/log-out/{person}", log_out, "POST"),
        at("/simulator/push/{tid}", push, "POST"),
    ]


def _own(simulator: "Simulator", managing: Managing) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        """Forms of other sites change nothing here."""
        if request.method != "GET" and request.headers.get("sec-fetch-site") in _FOREIGN:
            return pages.refusal("The form was not sent from the simulator's own page.", 403)
        try:
            return await managing(simulator, request)
        except PageError as error:
            return pages.refusal(str(error), 400)

    return endpoint
