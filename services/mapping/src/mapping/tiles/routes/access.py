"""Who asks for tiles, of which layers, by which address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request

from chassis.auth import check_credential, read_credential
from chassis.problems import FieldError, Problem, not_found
from chassis.types import Slug
from mapping.collections.rules.layers import Audience, Layer
from mapping.snapshots.actions import TheSnapshots
from mapping.tiles.schemas.addresses import Addresses

BASE = "/{council}/mapping/ogc"
_MOST_LAYERS = 60  # of one tile
_SCOPES: dict[str, Audience] = {"mapping:restricted": "restricted", "mapping:staff": "staff"}
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
    snapshots: TheSnapshots
    addresses: Addresses

    @property
    def is_public(self) -> bool:
        """Check whether everybody sees the same."""
        return self.audience == "public"

    def get_layer(self, name: str) -> Layer:
        """Get a layer. Raises Problem 404, also for who may not see it."""
        layer = self.snapshots.layer(self.council, name)
        if layer is None or not layer.visible_to(self.audience):
            raise not_found(f"collection {name[:40]!r} of {self.council}")
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


async def _find_audience(request: Request) -> Audience:
    """Find what the caller may see: without a credential, what is public. Raises Problem 401 or 403."""
    try:
        credential = read_credential(request)
    except Problem:
        return "public"
    caller = await check_credential(request, credential)
    if caller.delegated:
        return "public"
    return next((audience for scope, audience in _SCOPES.items() if scope in caller.scopes), "public")


async def _find_site(
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    audience: Annotated[Audience, Depends(_find_audience)],
) -> Site:
    headers = request.headers
    scheme = headers.get("x-forwarded-proto", request.url.scheme)
    host = headers.get("x-forwarded-host", request.url.netloc)
    base = f"{'https' if scheme == 'https' else 'http'}://{host}/{council}/mapping/ogc"
    return Site(council, audience, snapshots, Addresses(base))


TheSite = Annotated[Site, Depends(_find_site)]
"""The caller's view of the council's maps."""


def only(*names: str) -> Any:
    """Refuse parameters of the query other than these, and the caller's key: 400 with their names."""
    parameters = {*names, *_CREDENTIALS}

    async def check(request: Request) -> None:
        unknown = sorted(set(request.query_params) - parameters)
        if unknown:
            errors = [
                FieldError(
                    field=f"query.{name[:60]}", message="is not a parameter here", code="unknown_parameter"
                )
                for name in unknown[:10]
            ]
            allowed = ", ".join(names) or "none"
            detail = f"{unknown[0][:60]} is not a parameter here. There are: {allowed}."
            raise Problem(400, "unknown-parameter", detail, errors=errors)

    return Depends(check)


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
