"""Who asks for tiles, of which layers, by which address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.routing import APIRoute

from chassis.auth import check_credential, read_credential
from chassis.problems import FieldError, Problem, not_found
from chassis.types import Slug
from mapping.collections.routes.access import audience_of
from mapping.collections.rules.layers import Audience, Layer
from mapping.snapshots.actions import Snapshots
from mapping.tiles.schemas.addresses import Addresses

BASE = "/{council}/mapping/ogc"
_MOST_LAYERS = 60  # of one tile
_CREDENTIALS = {"key"}  # a parameter that any operation may have

MatrixSetId = Annotated[
    str, Path(alias="tileMatrixSetId", max_length=60, description="The tile matrix set: WebMercatorQuad")
]
CollectionId = Annotated[
    str, Path(alias="collectionId", max_length=100, description="The id of the collection")
]
Collections = Annotated[
    str | None,
    Query(
        max_length=2_000, description="The ids of collections, separated by commas; all if you leave it out"
    ),
]
_Json = Annotated[Literal["json"], Query(alias="f", description="The form of the answer")]


@dataclass(frozen=True, slots=True)
class Site:
    """A council's maps as somebody sees them, and where they are from outside."""

    council: str
    audience: Audience
    snapshots: Snapshots
    request: Request

    @property
    def addresses(self) -> Addresses:
        """Give the addresses of the council's tiles, with the scheme and host of the request from outside."""
        headers, url = self.request.headers, self.request.url
        scheme = headers.get("x-forwarded-proto", url.scheme)
        host = headers.get("x-forwarded-host", url.netloc)
        return Addresses(f"{'https' if scheme == 'https' else 'http'}://{host}/{self.council}/mapping/ogc")

    @property
    def is_public(self) -> bool:
        """Check whether everybody sees the same."""
        return self.audience == "public"

    def get_layer(self, name: str) -> Layer:
        """Get a layer. Raises Problem 404, also for who may not see it."""
        layer = self.snapshots.layer(self.council, name)
        if layer is None or not layer.visible_to(self.audience):
            raise not_found(f"collection {name[:40]!r} of this council")
        return layer

    def list_layers(self, names: str | None) -> Sequence[Layer]:
        """List the layers that a parameter names, or all. Raises Problem 400."""
        if names is None:
            layers = self.snapshots.layers(self.council)
            return [layer for layer in layers if layer.visible_to(self.audience)][:_MOST_LAYERS]
        chosen = list(dict.fromkeys(names.split(",")))
        matches = [self.snapshots.layer(self.council, name) for name in chosen]
        visible = [layer for layer in matches if layer is not None and layer.visible_to(self.audience)]
        if len(visible) != len(chosen) or len(visible) > _MOST_LAYERS:
            message = f"must name collections of {self.council}, {_MOST_LAYERS} at most, separated by commas"
            error = FieldError(field="query.collections", message=message, code="unknown_collection")
            raise Problem(400, "invalid-request", f"collections {message}.", errors=[error])
        return visible


def answer_head(router: APIRouter) -> None:
    """Answer HEAD wherever a router answers GET, for clients that ask whether their copy is current."""
    for route in [each for each in router.routes if isinstance(each, APIRoute)]:
        router.add_api_route(
            route.path.removeprefix(router.prefix),
            route.endpoint,
            name=f"{route.name}_head",
            methods=["HEAD"],
            dependencies=route.dependencies,
            response_class=route.response_class,
            response_model=None,
            include_in_schema=False,
        )


async def read_site(request: Request, council: str) -> Site:
    """Read whose maps are asked for, and what the caller may see: without a credential, what is public.

    Raises Problem 401 or 403.
    """
    headers = request.headers
    is_signed = "authorization" in headers or "x-api-key" in headers or "key" in headers
    caller = None
    if is_signed or (request.scope["query_string"] and request.query_params.get("key")):
        caller = await check_credential(request, read_credential(request))
    return Site(council, audience_of(caller), request.app.state.snapshots, request)


async def _find_site(request: Request, council: Slug) -> Site:
    return await read_site(request, council)


TheSite = Annotated[Site, Depends(_find_site)]
"""The caller's view of the council's maps."""


def only(*names: str) -> Any:
    """Refuse parameters of the query other than these, and the caller's key."""

    async def check(request: Request) -> None:
        refuse_unknown(request, *names)

    return Depends(check)


def refuse_unknown(request: Request, *names: str) -> None:
    """Refuse parameters of the query other than these, and the caller's key: Problem 400 with their names."""
    if not request.scope["query_string"]:
        return
    unknown = sorted(set(request.query_params) - {*names, *_CREDENTIALS})
    if unknown:
        errors = [
            FieldError(
                field=f"query.{name[:60]}", message="is not a parameter here", code="unknown_parameter"
            )
            for name in unknown[:10]
        ]
        detail = f"{unknown[0][:60]} is not a parameter here. There are: {', '.join(names) or 'none'}."
        raise Problem(400, "unknown-parameter", detail, errors=errors)


async def _read_form(_: _Json = "json") -> None:
    """Take the one form that there is."""


json_form: Any = Depends(_read_form)
"""Documents ``f`` of an operation that answers with JSON."""


def require_matrix_set(name: str) -> None:
    """Require the one tile matrix set that there is. Raises Problem 404."""
    if name != "WebMercatorQuad":
        raise not_found(f"tile matrix set {name[:40]!r}: there is WebMercatorQuad")


def cache_control(site: Site, *, seconds: int = 300, is_lasting: bool = False) -> str:
    """Say how long an answer may be kept, and by whom."""
    scope = "public" if site.is_public else "private"
    if is_lasting:
        return f"{scope}, max-age=31536000, immutable"
    return f"{scope}, max-age={seconds}, stale-while-revalidate=86400"


Documented = dict[int | str, dict[str, Any]]
