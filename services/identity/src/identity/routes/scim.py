"""SCIM 2.0 (RFC 7644): a council's directory keeps its staff up to date here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, ReadSession, Writing
from chassis.problems import ErrorShape, Problem, documents
from chassis.types import Slug
from identity.actions import directory
from identity.routes.parts import IfMatch, LiveAtOnce, TheIssuer, version_meant
from identity.rules import scim, scim_resources
from identity.schemas.scim import ScimError, ScimGroup, ScimList, ScimUser

BASE = "identity/scim/v2"
MEDIA_TYPE = "application/scim+json"
MOST = 200
_BOUND = 1_000_000_000
_KINDS = frozenset(
    {"uniqueness", "invalidFilter", "invalidValue", "invalidPath", "invalidSyntax", "noTarget", "mutability",
     "tooMany"}
)  # fmt: skip

TheDirectory = Annotated[Caller, permission("identity:scim")]


async def _paced(caller: TheDirectory, issuer: TheIssuer) -> None:
    issuer.pace.take(caller.client_id)


router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"], dependencies=[Depends(_paced)])
ResourceId = Annotated[str, Path(max_length=100)]
Resource = Annotated[dict[str, Any], Body(media_type=MEDIA_TYPE)]
Filter = Annotated[str | None, Query(max_length=500, examples=['userName eq "jo@example.org"'])]
Attributes = Annotated[str | None, Query(max_length=500)]
Excluded = Annotated[str | None, Query(alias="excludedAttributes", max_length=500)]
StartIndex = Annotated[int, Query(alias="startIndex", ge=-_BOUND, le=_BOUND)]
Count = Annotated[int, Query(ge=-_BOUND, le=_BOUND)]


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
        with _understood():
            self.terms = scim.read_filter(filter) if filter else {}

    def answer(self, resources: list[dict[str, Any]], total: int) -> Response:
        shown = [scim.shown(one, *self._attributes) for one in resources]
        return ScimResponse(scim.listing(shown, total, self.first))


Listing = Annotated[Asked, Depends(Asked)]


@router.get("/Users", response_model=ScimList, response_class=ScimResponse)
async def list_scim_users(
    council: Slug, _: TheDirectory, session: Reading, request: Request, asked: Listing
) -> Response:
    """Users, all or those a filter finds by `eq`: `userName`, `externalId`, `id`, `emails`, `displayName`."""
    total, rows = await directory.users(session, council, asked.terms, asked.first - 1, asked.most)
    return asked.answer([_user(request, council, row) for row in rows], total)


@router.post("/Users", status_code=201, response_model=ScimUser, response_class=ScimResponse,
             responses=documents(409))  # fmt: skip
async def create_scim_user(
    council: Slug, body: Resource, _: TheDirectory, session: Writing, request: Request
) -> Response:
    """A joiner."""
    with _understood():
        user = scim_resources.read_user(body)
    row = await directory.add_user(session, council, user)
    return _answer(_user(request, council, row), 201)


@router.get("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse)
async def read_scim_user(
    council: Slug, user_id: ResourceId, _: TheDirectory, session: Reading, request: Request
) -> Response:
    """One user."""
    return _answer(_user(request, council, await directory.user(session, council, _id(user_id))))


@router.put("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
            responses=documents(409, 412))  # fmt: skip
async def replace_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """The user as it is to be. With `active` false he may do nothing from now on, whatever token he has."""
    with _understood():
        user = scim_resources.read_user(body)
    row = await directory.put_user(session, issuer, council, _id(user_id), user, _version(if_match))
    return _answer(_user(request, council, row))


@router.patch("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
              responses=documents(409, 412))  # fmt: skip
async def patch_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Change a user by `add`, `replace` and `remove`, as Entra ID and Okta send them."""
    with _understood():
        operations = scim.read_operations(body)
        row = await directory.patch_user(
            session, issuer, council, _id(user_id), operations, _version(if_match)
        )
    return _answer(_user(request, council, row))


@router.delete("/Users/{user_id}", status_code=204, responses=documents(412))
async def delete_scim_user(
    council: Slug,
    user_id: ResourceId,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    if_match: IfMatch = None,
) -> None:
    """A leaver: his tokens are refused within a second, his sessions end, what is personal is erased."""
    await directory.delete_user(session, issuer, council, _id(user_id), _version(if_match))


@router.get("/Groups", response_model=ScimList, response_class=ScimResponse)
async def list_scim_groups(
    council: Slug, _: TheDirectory, session: Reading, request: Request, asked: Listing
) -> Response:
    """Groups, all or those a filter finds: `displayName`, `externalId`, `id` or `members` by `eq`."""
    total, rows = await directory.groups(session, council, asked.terms, asked.first - 1, asked.most)
    return asked.answer(await _groups(session, request, council, rows), total)


@router.post("/Groups", status_code=201, response_model=ScimGroup, response_class=ScimResponse,
             responses=documents(409))  # fmt: skip
async def create_scim_group(
    council: Slug, body: Resource, _: TheDirectory, session: Writing, request: Request
) -> Response:
    """A group of the directory. A role that names its `displayName` is its members'."""
    with _understood():
        group = scim_resources.read_group(body)
    row = await directory.add_group(session, council, group)
    return _answer((await _groups(session, request, council, [row]))[0], 201)


@router.get("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse)
async def read_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: TheDirectory,
    session: Reading,
    request: Request,
    attributes: Attributes = None,
    excluded: Excluded = None,
) -> Response:
    """One group."""
    row = await directory.group(session, council, _id(group_id))
    [found] = await _groups(session, request, council, [row])
    return _answer(scim.shown(found, attributes, excluded), version=row.version)


@router.put("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
            responses=documents(409, 412))  # fmt: skip
async def replace_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """The group as it is to be, with those who are to be in it."""
    with _understood():
        group = scim_resources.read_group(body)
    row = await directory.change_group(session, issuer, council, _id(group_id), group, _version(if_match))
    return _answer((await _groups(session, request, council, [row]))[0])


@router.patch("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
              responses=documents(409, 412))  # fmt: skip
async def patch_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Rename a group, put users into it and take them out."""
    with _understood():
        change = scim_resources.patch_group(scim.read_operations(body))
    row = await directory.change_group(session, issuer, council, _id(group_id), change, _version(if_match))
    return _answer((await _groups(session, request, council, [row]))[0])


@router.delete("/Groups/{group_id}", status_code=204, responses=documents(412))
async def delete_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: TheDirectory,
    _live: LiveAtOnce,
    session: Writing,
    issuer: TheIssuer,
    if_match: IfMatch = None,
) -> None:
    """Remove a group; its members stay users."""
    await directory.delete_group(session, issuer, council, _id(group_id), _version(if_match))


def _user(request: Request, council: str, row: Row[Any]) -> dict[str, Any]:
    user = {
        "schemas": [scim.USER],
        "id": ids.show(row.id),
        "externalId": row.external_id,
        "userName": row.user_name,
        "name": {"givenName": row.given_name, "familyName": row.family_name},
        "displayName": row.display_name,
        "emails": [{"value": row.email, "type": "work", "primary": True}] if row.email else [],
        "active": row.active,
        "meta": _meta(request, council, "User", row),
    }
    return {name: value for name, value in user.items() if value is not None}


async def _groups(session: ReadSession, request: Request, council: str, rows: Any) -> list[dict[str, Any]]:
    members = await directory.members(session, council, [row.id for row in rows])
    return [
        {
            "schemas": [scim.GROUP],
            "id": ids.show(row.id),
            **({"externalId": row.external_id} if row.external_id else {}),
            "displayName": row.display_name,
            "members": [{"value": ids.show(one)} for one in members[row.id]],
            "meta": _meta(request, council, "Group", row),
        }
        for row in rows
    ]


def _meta(request: Request, council: str, kind: str, row: Row[Any]) -> dict[str, str]:
    origin = str(request.base_url).rstrip("/")
    return {
        "resourceType": kind,
        "created": row.created_at.isoformat(),
        "lastModified": row.updated_at.isoformat(),
        "location": f"{origin}/{council}/{BASE}/{kind}s/{ids.show(row.id)}",
        "version": f'W/"{row.version}"',
    }


def _answer(resource: dict[str, Any], status: int = 200, *, version: int | None = None) -> Response:
    meta = resource.get("meta", {})
    headers = {"ETag": meta.get("version") or f'W/"{version}"'}
    if status == 201:  # noqa: PLR2004
        headers["Location"] = meta["location"]
    return ScimResponse(resource, status, headers)


def _version(if_match: str | None) -> int | None:
    return None if if_match is None or if_match.strip() == "*" else version_meant(if_match)


def _id(text: str) -> UUID:
    """Raises Problem 404: an id that cannot be one is nobody's."""
    try:
        return ids.read(text)
    except ValueError as error:
        raise Problem(404, "not-found", "There is no resource with this id.") from error


@contextmanager
def _understood() -> Iterator[None]:
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
