"""What all SCIM routes share (RFC 7644): media type, lists, versions, metadata, errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.problems import ErrorShape, ErrorTemplate, Problem
from identity.issuer.routes import TheIssuer
from identity.staff.rules import scim
from identity.staff.rules.scim_filters import read_filter
from identity.staff.schemas.scim import ScimError

BASE = "identity/scim/v2"
MEDIA_TYPE = "application/scim+json"
MAX_RESULTS = 200
_BOUND = 1_000_000_000
_SCIM_TYPES = frozenset(
    {"uniqueness", "invalidFilter", "invalidValue", "invalidPath", "invalidSyntax", "noTarget", "mutability",
     "tooMany"}
)  # fmt: skip

DirectoryCaller = Annotated[Caller, permission("identity:scim")]
ResourceId = Annotated[str, Path(max_length=100)]
Resource = Annotated[dict[str, Any], Body(media_type=MEDIA_TYPE)]
Filter = Annotated[str | None, Query(max_length=500, examples=['userName eq "jo@example.org"'])]
Attributes = Annotated[str | None, Query(max_length=500)]
Excluded = Annotated[str | None, Query(alias="excludedAttributes", max_length=500)]
StartIndex = Annotated[int, Query(alias="startIndex", ge=-_BOUND, le=_BOUND)]
Count = Annotated[int, Query(ge=-_BOUND, le=_BOUND)]


async def check_pace(caller: DirectoryCaller, issuer: TheIssuer) -> None:
    """Limit the requests a second of one directory. Raises Problem 429."""
    issuer.client_limiter.take(caller.client_id)


class ScimResponse(JSONResponse):
    """A response in SCIM's media type."""

    media_type = MEDIA_TYPE


class ListRequest:
    """The query of a list (RFC 7644 section 3.4.2). Raises Problem 400 for a filter that is not supported."""

    def __init__(
        self,
        start: StartIndex = 1,
        count: Count = 100,
        filter: Filter = None,  # noqa: A002 - the standard's name
        attributes: Attributes = None,
        excluded: Excluded = None,
    ) -> None:
        self.first = max(start, 1)
        self.most = min(max(count, 0), MAX_RESULTS)
        self._attributes = attributes, excluded
        with map_errors():
            self.terms = read_filter(filter) if filter else {}

    def respond(self, resources: list[dict[str, Any]], total: int) -> Response:
        """Respond with a page of the list."""
        selected = [scim.select_attributes(resource, *self._attributes) for resource in resources]
        return ScimResponse(scim.list_response(selected, total, self.first))


TheListRequest = Annotated[ListRequest, Depends(ListRequest)]


def respond(resource: dict[str, Any], status: int = 200, *, version: int | None = None) -> Response:
    """Respond with a resource, its version as ETag."""
    meta = resource.get("meta", {})
    headers = {"ETag": meta.get("version") or f'W/"{version}"'}
    if status == 201:  # noqa: PLR2004
        headers["Location"] = meta["location"]
    return ScimResponse(resource, status, headers)


def read_id(text: str) -> UUID:
    """Read an id. Raises Problem 404 for a text that cannot be one."""
    try:
        return ids.read(text)
    except ValueError as error:
        raise Problem(404, "not-found", "There is no resource with this id.") from error


def resource_meta(request: Request, council: str, kind: str, row: Row[Any]) -> dict[str, str]:
    """Build the metadata of a user or group (RFC 7643 section 3.1)."""
    origin = str(request.base_url).rstrip("/")
    return {
        "resourceType": kind,
        "created": row.created_at.isoformat(),
        "lastModified": row.updated_at.isoformat(),
        "location": f"{origin}/{council}/{BASE}/{kind}s/{ids.show(row.id)}",
        "version": f'W/"{row.version}"',
    }


@contextmanager
def map_errors() -> Iterator[None]:
    """Turn faults in a request into the 400s of RFC 7644."""
    try:
        yield
    except scim.ScimError as error:
        raise Problem(400, error.kind, str(error)) from error


def _render_error(_: Request, problem: Problem) -> Response:
    """Render an error in the shape of RFC 7644 section 3.12."""
    scim_type = problem.code if problem.code in _SCIM_TYPES else None
    if scim_type is None and problem.code in {"invalid-request", "bad-request"}:
        scim_type = "invalidSyntax"
    body = {"schemas": [scim.ERROR], "status": str(problem.status_code), "detail": _detail(problem)}
    if scim_type is not None and problem.status_code in {400, 409}:
        body["scimType"] = scim_type
    return ScimResponse(body, problem.status_code, problem.headers)


def _detail(problem: Problem) -> str:
    faults = "; ".join(f"{fault.field}: {fault.message}" for fault in problem.errors)
    return f"{problem.detail} {faults}".strip()


SCIM_ERRORS = ErrorShape(
    BASE,
    _render_error,
    ScimError,
    [ErrorTemplate(f'{{"schemas":["{scim.ERROR}"],"status":"$status","detail":$detail}}', MEDIA_TYPE)],
)
"""Every error below ``/{council}/identity/scim/v2``."""
