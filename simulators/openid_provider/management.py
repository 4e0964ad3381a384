"""The simulator's own pages and interface: who chose what, clients, and staff who move or leave."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.openid_provider import endpoints, logout, pages, persistence, scim_push, sign_in
from simulators.openid_provider.errors import PageError, WayBackError
from simulators.openid_provider.faults import EVERY, NONE
from simulators.openid_provider.parameters import sent as parameters_of
from simulators.openid_provider.staff import Tenant
from simulators.openid_provider.state import SimulatorState

Managing = Callable[[SimulatorState, Request], Awaitable[Response]]
_FOREIGN = {"cross-site", "same-site"}


async def style(_: SimulatorState, __: Request) -> Response:
    """The style sheet of every page."""
    return Response(pages.style(), media_type="text/css")


async def home(simulator: SimulatorState, _: Request) -> Response:
    """What there is, and every directory's staff with their groups."""
    tenants = [(tenant, simulator.directory(tenant.tid)) for tenant in simulator.tenants.values()]
    context: dict[str, Any] = {"one_login": simulator.onelogin, "tenants": tenants}
    context["gateway"] = simulator.gateway
    context["signed_in"] = {grant.person for grant in simulator.sessions}
    return pages.render(
        "home.html", residents=simulator.residents.values(), clients=simulator.clients.values(), **context
    )


async def choose(simulator: SimulatorState, request: Request) -> Response:
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
        return RedirectResponse(sign_in.answer(simulator, asked, chosen, faults), 303)
    except WayBackError as error:
        return endpoints.refused(asked.redirect_uri, asked.state, error)


def _choices(simulator: SimulatorState, tid: str) -> set[str]:
    people = simulator.tenants[tid].staff if tid else simulator.residents
    return {*people, *sign_in.ERRORS}


async def register(simulator: SimulatorState, request: Request) -> Response:
    """A client, as ``Client`` has it in JSON: the set-up of the demonstration puts it here."""
    try:
        client = persistence.client(await request.json())
    except (ValueError, TypeError, AttributeError) as error:
        return JSONResponse({"error": f"That is no client: {error}"}, 400)
    simulator.register(client)
    simulator.changed()
    return JSONResponse({"client_id": client.client_id}, 201)


async def move(simulator: SimulatorState, request: Request) -> Response:
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


async def log_out(simulator: SimulatorState, request: Request) -> Response:
    """Somebody signs out: every client where he is signed in is told, if it wants to know (back-channel)."""
    await logout.sign_out_everywhere(simulator, request.path_params["person"])
    return RedirectResponse("/", 303)


async def push(simulator: SimulatorState, request: Request) -> Response:
    """Send a directory's users and groups to a SCIM service."""
    tenant = simulator.tenants.get(request.path_params["tid"])
    if tenant is None:
        return pages.refusal("There is no such tenant.", 404)
    form = dict(await parameters_of(request))
    return pages.render(
        "pushed.html", done=await scim_push.push_to(form.get("url", ""), form.get("key", ""), tenant)
    )


def routes(simulator: SimulatorState) -> list[Route]:
    """Below /simulator, and the start page."""

    def at(path: str, management: Managing, *methods: str) -> Route:
        return Route(path, _own(simulator, management), methods=list(methods) or ["GET"])

    return [
        at("/", home),
        at("/simulator/style.css", style),
        at("/simulator/choice", choose, "POST"),
        at("/simulator/clients", register, "PUT"),
        at("/simulator/staff/{tid}/{key}", move, "POST"),
        at("/simulator/log-out/{person}", log_out, "POST"),
        at("/simulator/push/{tid}", push, "POST"),
    ]


def _own(simulator: SimulatorState, management: Managing) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        """Forms of other sites change nothing here."""
        if request.method != "GET" and request.headers.get("sec-fetch-site") in _FOREIGN:
            return pages.refusal("The form was not sent from the simulator's own page.", 403)
        try:
            return await management(simulator, request)
        except PageError as error:
            return pages.refusal(str(error), 400)

    return endpoint
