"""The simulator's own pages and API: the choice of a person, clients, staff, logout and SCIM."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.openid_provider import endpoints, logout, pages, persistence, scim_push
from simulators.openid_provider.authorization import ERRORS, authorize_person
from simulators.openid_provider.errors import AuthorizationError, PageError
from simulators.openid_provider.faults import ALL, NO_FAULTS
from simulators.openid_provider.parameters import read_parameters
from simulators.openid_provider.staff import Tenant
from simulators.openid_provider.state import SimulatorState

Handler = Callable[[SimulatorState, Request], Awaitable[Response]]
_OTHER_SITES = {"cross-site", "same-site"}


async def style(_: SimulatorState, __: Request) -> Response:
    """Return the style sheet of every page."""
    return Response(pages.read_style(), media_type="text/css")


async def home(state: SimulatorState, _: Request) -> Response:
    """Show the providers, the people, and every directory's staff with their groups."""
    return pages.render(
        "home.html",
        one_login=state.onelogin,
        tenants=[(tenant, state.directory(tenant.tid)) for tenant in state.tenants.values()],
        gateway=state.gateway,
        signed_in={grant.person for grant in state.sessions},
        residents=state.residents.values(),
        clients=state.clients.values(),
    )


async def choose(state: SimulatorState, request: Request) -> Response:
    """Sign in the person chosen on the page, and redirect to the client."""
    form = dict(await read_parameters(request))
    authorization = state.requests.find(form.get("request", ""), state.now())
    if authorization is None:
        return pages.render_refusal("This page was open for too long. Sign in from the start again.", 400)
    action, person = form.get("action", ""), form.get("person", "")
    choice = person if action == "sign-in" else action
    tid = authorization.provider.tenant
    if choice not in {*(state.tenants[tid].staff if tid else state.residents), *ERRORS}:
        return pages.render_refusal("Choose one of the people. Go back and choose again.", 400)
    state.requests.remove(authorization)
    try:
        faults = ALL.get(form.get("fault", ""), NO_FAULTS)
        return RedirectResponse(authorize_person(state, authorization, choice, faults), 303)
    except AuthorizationError as error:
        return endpoints.redirect_error(authorization.redirect_uri, authorization.state, error)


async def register(state: SimulatorState, request: Request) -> Response:
    """Register a client, which is sent as JSON with the members of ``Client``."""
    try:
        client = persistence.parse_client(await request.json())
    except (ValueError, TypeError, AttributeError) as error:
        return JSONResponse({"error": f"That is no client: {error}"}, 400)
    state.register(client)
    state.changed()
    return JSONResponse({"client_id": client.client_id}, 201)


async def change_staff(state: SimulatorState, request: Request) -> Response:
    """Change a member's groups, or mark them as a leaver. Takes the page's form, or JSON."""
    tenant: Tenant | None = state.tenants.get(request.path_params["tid"])
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if tenant is None:
        return pages.render_refusal("There is no such tenant.", 404)
    if is_json:
        body = await request.json()
        groups, active = list(body.get("groups", ())), bool(body.get("active", True))
    else:
        form = await read_parameters(request)
        groups, active = [value for name, value in form if name == "groups"], ("active", "yes") in form
    try:
        member = tenant.change(request.path_params["key"], groups, active=active)
    except KeyError as error:
        return pages.render_refusal(f"There is no {error} in this directory.", 404)
    state.changed()
    if is_json:
        return JSONResponse({"key": member.key, "groups": sorted(member.groups), "active": member.active})
    return RedirectResponse(f"/#{tenant.council}", 303)


async def log_out(state: SimulatorState, request: Request) -> Response:
    """End every session of a person, and send logout tokens to the clients."""
    await logout.end_sessions(state, request.path_params["person"])
    return RedirectResponse("/", 303)


async def push(state: SimulatorState, request: Request) -> Response:
    """Push a directory's users and groups to a SCIM service."""
    tenant = state.tenants.get(request.path_params["tid"])
    if tenant is None:
        return pages.render_refusal("There is no such tenant.", 404)
    form = dict(await read_parameters(request))
    result = await scim_push.push_to(form.get("url", ""), form.get("key", ""), tenant)
    return pages.render("pushed.html", result=result)


def routes(state: SimulatorState) -> list[Route]:
    """Build the routes of the start page, and those below /simulator."""

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, _endpoint(state, handler), methods=[method])

    return [
        route("/", home),
        route("/simulator/style.css", style),
        route("/simulator/choice", choose, "POST"),
        route("/simulator/clients", register, "PUT"),
        route("/simulator/staff/{tid}/{key}", change_staff, "POST"),
        route("/simulator/log-out/{person}", log_out, "POST"),
        route("/simulator/push/{tid}", push, "POST"),
    ]


def _endpoint(state: SimulatorState, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        """Refuse forms of other sites, which may change nothing here."""
        if request.method != "GET" and request.headers.get("sec-fetch-site") in _OTHER_SITES:
            return pages.render_refusal("The form was not sent from the simulator's own page.", 403)
        try:
            return await handler(state, request)
        except PageError as error:
            return pages.render_refusal(str(error), 400)

    return endpoint
