"""The push of a directory's users and groups by SCIM 2.0. Entra ID does this about every hour."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from simulators.openid_provider.errors import PageError
from simulators.openid_provider.http_client import open_client
from simulators.openid_provider.staff import Member, Tenant

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_THIS_MACHINE = {"localhost", "127.0.0.1"}


async def push_to(url: str, key: str, tenant: Tenant) -> str:
    """Push to the SCIM service at ``url``; return what was pushed. Raises PageError.

    The key is not stored, and is sent to this machine only.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _THIS_MACHINE:
        raise PageError("The simulator pushes to http on this machine only.")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/scim+json"}
    try:
        async with open_client(base_url=url, headers=headers, timeout=10) as http:
            return await push(http, tenant)
    except httpx.HTTPStatusError as error:
        response = error.response
        raise PageError(
            f"{response.request.url} answered {response.status_code}: {response.text[:300]}"
        ) from error
    except (httpx.HTTPError, UnicodeError) as error:
        raise PageError(f"{url} cannot be reached: {error!r}") from error


async def push(http: httpx.AsyncClient, tenant: Tenant) -> str:
    """Create or replace every user and group; return what was pushed."""
    ids = {member.oid: await _put(http, "Users", _user(member)) for member in tenant.staff.values()}
    for group, name in tenant.groups.items():
        members = [
            {"value": ids[member.oid]}
            for member in tenant.staff.values()
            if group in member.groups and member.active
        ]
        resource = {"schemas": [GROUP], "externalId": group, "displayName": name, "members": members}
        await _put(http, "Groups", resource)
    return f"{len(ids)} users and {len(tenant.groups)} groups of {tenant.council} were pushed."


def _user(member: Member) -> dict[str, Any]:
    emails = [{"value": member.email, "type": "work", "primary": True}] if member.email else []
    return {
        "schemas": [USER],
        "externalId": member.oid,
        "userName": member.username,
        "displayName": member.name,
        "name": {"givenName": member.given_name, "familyName": member.family},
        "emails": emails,
        "active": member.active,
    }


async def _put(http: httpx.AsyncClient, kind: str, resource: dict[str, Any]) -> str:
    """Create the resource, or replace the one with its externalId. Return the id that the service gave it."""
    query = {"filter": f'externalId eq "{resource["externalId"]}"'}
    existing = (await http.get(kind, params=query)).raise_for_status().json()["Resources"]
    if existing:
        response = await http.put(f"{kind}/{existing[0]['id']}", json=resource)
    else:
        response = await http.post(kind, json=resource)
    return str(response.raise_for_status().json()["id"])
