"""CORS for public web apps, whose scripts call the issuer from their own pages.

Only origins that a public web app has registered are allowed, and never with cookies: the response depends
only on the code, verifier or token that the script sends. No other endpoint is open to other sites' scripts.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from chassis.auth import public
from identity.clients.actions.authentication import Provider

router = APIRouter(tags=["issuer"])

_MAX_ORIGIN = 300
_MAX_AGE = "600"  # seconds a browser caches the preflight
_METHODS_BY_PATH = {
    "/identity/token": "POST",
    "/identity/revoke": "POST",
    "/identity/userinfo": "GET, POST",
    "/identity/.well-known/jwks.json": "GET",
    "/identity/.well-known/openid-configuration": "GET",
    "/identity/.well-known/oauth-authorization-server": "GET",
}


class CorsRoute(APIRoute):
    """A route that tells browsers which pages may read its responses, errors too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        if self.path not in _METHODS_BY_PATH:
            return handler

        async def handle(request: Request) -> Response:
            headers = await _build_headers(request)
            try:
                response = await handler(request)
            except HTTPException as problem:
                problem.headers = {**(problem.headers or {}), **headers}
                raise
            response.headers.update(headers)
            return response

        return handle


async def _build_headers(request: Request) -> dict[str, str]:
    origin, provider = request.headers.get("origin", ""), request.app.state.provider
    headers = {"Vary": "Origin"}
    if await _is_registered(provider, origin):
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}
    return headers


async def _is_registered(provider: Provider, origin: str) -> bool:
    if not 0 < len(origin) <= _MAX_ORIGIN:
        return False
    return await provider.client_cache.is_registered_origin(provider.pool, origin)


def _build_preflight(methods: str) -> Callable[..., Coroutine[Any, Any, Response]]:
    """Build the preflight handler for a path. It is not part of the contract."""

    async def preflight(_: Annotated[None, public], request: Request) -> Response:
        headers = {"Allow": f"OPTIONS, {methods}", **await _build_headers(request)}
        if "Access-Control-Allow-Origin" in headers:
            headers |= {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": "Authorization, Content-Type",
                "Access-Control-Max-Age": _MAX_AGE,
            }
        return Response(None, 204, headers)

    return preflight


for _path, _methods in _METHODS_BY_PATH.items():
    router.add_api_route(_path, _build_preflight(_methods), methods=["OPTIONS"], include_in_schema=False)
