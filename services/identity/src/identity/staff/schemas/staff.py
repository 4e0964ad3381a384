"""The API models of staff and roles."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Name
from identity.shared.schemas import RequestBody, Scopes

_RESERVED = frozenset({"changes"})  # a path of the record of roles


def _check_not_reserved(name: str) -> str:
    if name in _RESERVED:
        raise ValueError("is the name of the record of roles; choose another")
    return name


RoleName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", min_length=3, max_length=40),
    AfterValidator(_check_not_reserved),
    Field(description="The council's own name of the role", examples=["revenues-officer"]),
]


class NewRole(RequestBody):
    """A role to create or change: a set of scopes, and the directory's groups that have it."""

    title: Name = Field(examples=["Revenues officer"])
    scopes: Scopes
    groups: list[Name] = Field(
        default=[],
        max_length=50,
        description="Groups of the directory that have the role, by displayName or by the directory's own id",
    )


class Role(BaseModel):
    """A council's role."""

    name: str
    title: str
    scopes: list[str]
    groups: list[str]
    version: int = Field(description="Rises with every change; also the ETag")


class StaffMember(BaseModel):
    """A member of a council's staff, as its directory has them."""

    id: Id
    user_name: str
    external_id: str | None = Field(default=None, description="The directory's own key")
    display_name: str
    email: str
    active: bool = Field(description="False: they can do nothing here")
    linked: bool = Field(description="Whether they are linked with an account")
    roles: list[str] = Field(
        default=[], description="Roles by hand or by group; only when you get one member"
    )


class StaffAccount(RequestBody):
    """The account that a member of staff signs in with."""

    desk_code: Annotated[str, StringConstraints(min_length=1, max_length=20)] = Field(
        description="They show it to you from their account", examples=["4k7t-9wqd"]
    )


class RoleChange(BaseModel):
    """A change of a role, or of who has it."""

    id: Id
    act: Literal["made", "changed", "removed", "given", "taken"]
    role: str
    staff: Id | None = Field(description="The member it was given to or taken from")
    actor: str = Field(description="The subject of the credential that made the change")
    changes: dict[str, Any] = Field(description="Each member of the role that changed: before and after")
    at: datetime
