"""SCIM 2.0 as the API answers it (RFC 7643): the members we keep, by the names the standard gives them."""

from typing import Any

from pydantic import BaseModel, Field


class ScimMeta(BaseModel):
    """What every resource says of itself."""

    resourceType: str  # noqa: N815 - the standard's name, as all below
    created: str
    lastModified: str  # noqa: N815
    location: str
    version: str = Field(description="Also the ETag")


class ScimName(BaseModel):
    """A person's name."""

    givenName: str = ""  # noqa: N815
    familyName: str = ""  # noqa: N815


class ScimEmail(BaseModel):
    """An address."""

    value: str
    type: str = "work"
    primary: bool = True


class ScimReference(BaseModel):
    """One resource named in another."""

    value: str
    display: str | None = None


class ScimUser(BaseModel):
    """A user."""

    schemas: list[str]
    id: str
    externalId: str | None = None  # noqa: N815
    userName: str  # noqa: N815
    name: ScimName
    displayName: str  # noqa: N815
    emails: list[ScimEmail]
    active: bool
    meta: ScimMeta


class ScimGroup(BaseModel):
    """A group and the users in it. What was not asked for is left out."""

    schemas: list[str]
    id: str
    externalId: str | None = None  # noqa: N815
    displayName: str | None = None  # noqa: N815
    members: list[ScimReference] | None = None
    meta: ScimMeta | None = None


class ScimList(BaseModel):
    """A part of a list (RFC 7644 section 3.4.2)."""

    schemas: list[str]
    totalResults: int  # noqa: N815
    startIndex: int  # noqa: N815
    itemsPerPage: int  # noqa: N815
    Resources: list[dict[str, Any]]


class ScimError(BaseModel):
    """An error (RFC 7644 section 3.12)."""

    schemas: list[str]
    status: str = Field(examples=["404"])
    scimType: str | None = Field(default=None, examples=["uniqueness"])  # noqa: N815
    detail: str
