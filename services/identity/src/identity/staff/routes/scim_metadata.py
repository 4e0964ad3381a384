"""SCIM service provider configuration, resource types and schemas (RFC 7643 sections 5 to 7)."""

from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.types import Slug
from identity.staff.routes.scim_protocol import BASE, MAX_RESULTS, DirectoryCaller, ResourceId, ScimResponse
from identity.staff.rules import scim
from identity.staff.schemas.scim import ScimList

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"])

_CORE = "urn:ietf:params:scim:schemas:core:2.0"
_SERVICE_PROVIDER_CONFIG: dict[str, Any] = {
    "schemas": [f"{_CORE}:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MAX_RESULTS},
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


def _resource_type(name: str, schema: str) -> dict[str, Any]:
    return {
        "schemas": [f"{_CORE}:ResourceType"],
        "id": name,
        "name": name,
        "endpoint": f"/{name}s",
        "schema": schema,
    }


def _attribute(name: str, kind: str = "string", **options: Any) -> dict[str, Any]:
    defaults = {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return {**defaults, **options}


_RESOURCE_TYPES = [_resource_type("User", scim.USER), _resource_type("Group", scim.GROUP)]
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
async def read_scim_config(council: Slug, _: DirectoryCaller, request: Request) -> dict[str, Any]:
    """Get what this SCIM service supports. Bulk operations are not supported."""
    return _with_location(request, council, "ServiceProviderConfig", _SERVICE_PROVIDER_CONFIG)


@router.get("/ResourceTypes", response_model=ScimList, response_class=ScimResponse)
async def list_scim_resource_types(council: Slug, _: DirectoryCaller, request: Request) -> Response:
    """List the resource types: users and groups."""
    return _list_resources(request, council, "ResourceType", _RESOURCE_TYPES)


@router.get("/ResourceTypes/{name}", response_class=ScimResponse)
async def read_scim_resource_type(
    council: Slug, name: ResourceId, _: DirectoryCaller, request: Request
) -> dict[str, Any]:
    """Get a resource type."""
    return _get_resource(request, council, "ResourceType", _RESOURCE_TYPES, name)


@router.get("/Schemas", response_model=ScimList, response_class=ScimResponse)
async def list_scim_schemas(council: Slug, _: DirectoryCaller, request: Request) -> Response:
    """List the schemas, with the attributes that are stored."""
    return _list_resources(request, council, "Schema", _SCHEMAS)


@router.get("/Schemas/{name}", response_class=ScimResponse)
async def read_scim_schema(
    council: Slug, name: ResourceId, _: DirectoryCaller, request: Request
) -> dict[str, Any]:
    """Get the schema of users or of groups."""
    return _get_resource(request, council, "Schema", _SCHEMAS, name)


def _list_resources(request: Request, council: str, kind: str, resources: list[dict[str, Any]]) -> Response:
    located = [_with_location(request, council, kind, resource) for resource in resources]
    return ScimResponse(scim.list_response(located, len(located), 1))


def _get_resource(
    request: Request, council: str, kind: str, resources: list[dict[str, Any]], name: str
) -> dict[str, Any]:
    for resource in resources:
        if resource["id"] == name:
            return _with_location(request, council, kind, resource)
    raise Problem(404, "not-found", "There is no resource with this id.")


def _with_location(request: Request, council: str, kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    path = f"{kind}s/{resource['id']}" if "id" in resource else kind
    location = f"{str(request.base_url).rstrip('/')}/{council}/{BASE}/{path}"
    return {**resource, "meta": {"resourceType": kind, "location": location}}
