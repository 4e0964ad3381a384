"""What our SCIM can do, said as RFC 7643 sections 5 to 7 want it."""

from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.types import Slug
from identity.staff.routes.scim_protocol import BASE, MOST, ResourceId, ScimResponse, TheDirectory
from identity.staff.rules import scim
from identity.staff.schemas.scim import ScimList

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"])

_CORE = "urn:ietf:params:scim:schemas:core:2.0"
_ABOUT: dict[str, Any] = {
    "schemas": [f"{_CORE}:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MOST},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": True},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A token or API key of the council with the scope identity:scim",
            "primary": True,
        }
    ],
}


def _type(name: str, schema: str) -> dict[str, Any]:
    return {
        "schemas": [f"{_CORE}:ResourceType"],
        "id": name,
        "name": name,
        "endpoint": f"/{name}s",
        "schema": schema,
    }


def _attribute(name: str, kind: str = "string", **other: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return {**usual, **other}


_TYPES = [_type("User", scim.USER), _type("Group", scim.GROUP)]
_SCHEMAS: list[dict[str, Any]] = [
    {
        "schemas": [f"{_CORE}:Schema"],
        "id": scim.USER,
        "name": "User",
        "attributes": [
            _attribute("userName", required=True, uniqueness="server"),
            _attribute("externalId", caseExact=True, uniqueness="server"),
            _attribute("name", "complex", subAttributes=[_attribute("givenName"), _attribute("familyName")]),
            _attribute("displayName"),
            _attribute("emails", "complex", multiValued=True, subAttributes=[_attribute("value")]),
            _attribute("active", "boolean"),
        ],
    },
    {
        "schemas": [f"{_CORE}:Schema"],
        "id": scim.GROUP,
        "name": "Group",
        "attributes": [
            _attribute("displayName", required=True, caseExact=True, uniqueness="server"),
            _attribute("externalId", caseExact=True),
            _attribute("members", "complex", multiValued=True, subAttributes=[_attribute("value")]),
        ],
    },
]


@router.get("/ServiceProviderConfig", response_class=ScimResponse)
async def read_scim_config(council: Slug, _: TheDirectory, request: Request) -> dict[str, Any]:
    """What is supported; bulk operations are not."""
    return _placed(request, council, "ServiceProviderConfig", _ABOUT)


@router.get("/ResourceTypes", response_model=ScimList, response_class=ScimResponse)
async def list_scim_resource_types(council: Slug, _: TheDirectory, request: Request) -> Response:
    """Users and groups."""
    return _list(request, council, "ResourceType", _TYPES)


@router.get("/ResourceTypes/{name}", response_class=ScimResponse)
async def read_scim_resource_type(
    council: Slug, name: ResourceId, _: TheDirectory, request: Request
) -> dict[str, Any]:
    """One of them."""
    return _named(request, council, "ResourceType", _TYPES, name)


@router.get("/Schemas", response_model=ScimList, response_class=ScimResponse)
async def list_scim_schemas(council: Slug, _: TheDirectory, request: Request) -> Response:
    """The attributes that are kept."""
    return _list(request, council, "Schema", _SCHEMAS)


@router.get("/Schemas/{name}", response_class=ScimResponse)
async def read_scim_schema(
    council: Slug, name: ResourceId, _: TheDirectory, request: Request
) -> dict[str, Any]:
    """The attributes of users or of groups."""
    return _named(request, council, "Schema", _SCHEMAS, name)


def _list(request: Request, council: str, kind: str, resources: list[dict[str, Any]]) -> Response:
    placed = [_placed(request, council, kind, one) for one in resources]
    return ScimResponse(scim.listing(placed, len(placed), 1))


def _named(
    request: Request, council: str, kind: str, resources: list[dict[str, Any]], name: str
) -> dict[str, Any]:
    for one in resources:
        if one["id"] == name:
            return _placed(request, council, kind, one)
    raise Problem(404, "not-found", "There is no resource with this id.")


def _placed(request: Request, council: str, kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    place = f"{kind}s/{resource['id']}" if "id" in resource else kind
    location = f"{str(request.base_url).rstrip('/')}/{council}/{BASE}/{place}"
    return {**resource, "meta": {"resourceType": kind, "location": location}}
