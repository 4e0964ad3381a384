"""SCIM 2.0 resources as the API returns them (RFC 7643), with the attributes that we store."""

from typing import Any

from pydantic import BaseModel, Field


class ScimMeta(BaseModel):
    """The metadata of a resource."""

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
    """An e-mail address."""

    value: str
    type: str = "work"
    primary: bool = True


class ScimReference(BaseModel):
    """A reference to another resource."""

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
    """A group and its members. Attributes you did not ask for are left out."""

    schemas: list[str]
    id: str
    externalId: str | None = None  # noqa: N815
    displayName: str | None = None  # noqa: N815
    members: list[ScimReference] | None = None
    meta: ScimMeta | None = None


class ScimList(BaseModel):
    """A page of a list (RFC 7644 section 3.4.2)."""

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
