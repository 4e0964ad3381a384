"""The models of staff and roles."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Name
from identity.shared.schemas import RequestBody, Scopes

_RESERVED = frozenset({"changes"})  # the record of all roles, in paths


def _free(name: str) -> str:
    if name in _RESERVED:
        raise ValueError("is the name of the record of roles; choose another")
    return name


RoleName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", min_length=3, max_length=40),
    AfterValidator(_free),
    Field(description="The council's own name of the role", examples=["revenues-officer"]),
]


class NewRole(RequestBody):
    """A role to be made or changed: a set of scopes, and the directory's groups that have it."""

    title: Name = Field(examples=["Revenues officer"])
    scopes: Scopes
    groups: list[Name] = Field(
        default=[],
        max_length=50,
        description="Groups of the directory, by displayName or by its own id, as SCIM or claims bring them",
    )


class Role(BaseModel):
    """A council's role."""

    name: str
    title: str
    scopes: list[str]
    groups: list[str]
    version: int = Field(description="Rises with every change; also the ETag")


class StaffMember(BaseModel):
    """A member of a council's staff, as its directory says."""

    id: Id
    user_name: str
    external_id: str | None = Field(default=None, description="The directory's own key")
    display_name: str
    email: str
    active: bool = Field(description="False: may do nothing here")
    linked: bool = Field(description="Whether he has signed in through the directory")
    roles: list[str] = Field(default=[], description="By hand or by group; with a single member only")


class StaffAccount(RequestBody):
    """The account a member of staff is to sign in with."""

    desk_code: Annotated[str, StringConstraints(min_length=1, max_length=20)] = Field(
        description="Shown by him, out of the account", examples=["4k7t-9wqd"]
    )


class RoleChange(BaseModel):
    """Something that was done to a role, or to somebody with it."""

    id: Id
    act: Literal["made", "changed", "removed", "given", "taken"]
    role: str
    staff: Id | None = Field(description="To whom it was given, from whom it was taken")
    actor: str = Field(description="The subject of the credential that did it")
    changes: dict[str, Any] = Field(description="Member of the role: before and after")
    at: datetime
