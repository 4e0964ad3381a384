"""What the routes of SCIM 2.0 (RFC 7644) have in common: its media type, lists, versions, errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from chassis import ids
from chassis.auth import Caller, permission
from chassis.problems import ErrorShape, Problem
from identity.issuer.routes import TheIssuer
from identity.shared.dependencies import require_version
from identity.staff.rules import scim
from identity.staff.schemas.scim import ScimError

BASE = "identity/scim/v2"
MEDIA_TYPE = "application/scim+json"
MOST = 200
_BOUND = 1_000_000_000
_KINDS = frozenset(
    {"uniqueness", "invalidFilter", "invalidValue", "invalidPath", "invalidSyntax", "noTarget", "mutability",
     "tooMany"}
)  # fmt: skip

TheDirectory = Annotated[Caller, permission("identity:scim")]
ResourceId = Annotated[str, Path(max_length=100)]
Resource = Annotated[dict[str, Any], Body(media_type=MEDIA_TYPE)]
Filter = Annotated[str | None, Query(max_length=500, examples=['userName eq "jo@example.org"'])]
Attributes = Annotated[str | None, Query(max_length=500)]
Excluded = Annotated[str | None, Query(alias="excludedAttributes", max_length=500)]
StartIndex = Annotated[int, Query(alias="startIndex", ge=-_BOUND, le=_BOUND)]
Count = Annotated[int, Query(ge=-_BOUND, le=_BOUND)]


async def paced(caller: TheDirectory, issuer: TheIssuer) -> None:
    """So many requests a second of one directory. Raises Problem 429."""
    issuer.client_limiter.take(caller.client_id)


class ScimResponse(JSONResponse):
    """An answer in SCIM's media type."""

    media_type = MEDIA_TYPE


class Asked:
    """What a list is asked for (RFC 7644 section 3.4.2). Raises Problem 400 for a filter we do not have."""

    def __init__(
        self,
        start: StartIndex = 1,
        count: Count = 100,
        filter: Filter = None,  # noqa: A002 - the standard's name
        attributes: Attributes = None,
        excluded: Excluded = None,
    ) -> None:
        self.first = max(start, 1)
        self.most = min(max(count, 0), MOST)
        self._attributes = attributes, excluded
        with understood():
            self.terms = scim.read_filter(filter) if filter else {}

    def answer(self, resources: list[dict[str, Any]], total: int) -> Response:
        shown = [scim.shown(one, *self._attributes) for one in resources]
        return ScimResponse(scim.listing(shown, total, self.first))


Listing = Annotated[Asked, Depends(Asked)]


def answer(resource: dict[str, Any], status: int = 200, *, version: int | None = None) -> Response:
    """One resource, with its version as ETag."""
    meta = resource.get("meta", {})
    headers = {"ETag": meta.get("version") or f'W/"{version}"'}
    if status == 201:  # noqa: PLR2004
        headers["Location"] = meta["location"]
    return ScimResponse(resource, status, headers)


def version_of(if_match: str | None) -> int | None:
    """The version that is to be changed; None for any. Raises Problem 412."""
    return None if if_match is None or if_match.strip() == "*" else require_version(if_match)


def id_of(text: str) -> UUID:
    """Raises Problem 404: an id that cannot be one is nobody's."""
    try:
        return ids.read(text)
    except ValueError as error:
        raise Problem(404, "not-found", "There is no resource with this id.") from error


@contextmanager
def understood() -> Iterator[None]:
    """Faults in what was sent become the 400s of RFC 7644."""
    try:
        yield
    except scim.ScimError as error:
        raise Problem(400, error.kind, str(error)) from error


def _render(_: Request, problem: Problem) -> Response:
    """Errors in the shape of RFC 7644 section 3.12."""
    kind = problem.code if problem.code in _KINDS else None
    if kind is None and problem.code in {"invalid-request", "bad-request"}:
        kind = "invalidSyntax"
    body = {"schemas": [scim.ERROR], "status": str(problem.status_code), "detail": _detail(problem)}
    if kind is not None and problem.status_code in {400, 409}:
        body["scimType"] = kind
    return ScimResponse(body, problem.status_code, problem.headers)


def _detail(problem: Problem) -> str:
    named = "; ".join(f"{one.field}: {one.message}" for one in problem.errors)
    return f"{problem.detail} {named}".strip()


SCIM_ERRORS = ErrorShape(BASE, _render, ScimError, MEDIA_TYPE)
"""Every error below ``/{council}/identity/scim/v2``."""
