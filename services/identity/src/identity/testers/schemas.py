"""API models of testers and test people."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Name
from identity.shared.rules import email_addresses
from identity.shared.schemas import RequestBody

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=email_addresses.MAX_LENGTH,
        pattern=r"^[^\s@<>\x00-\x1f\x7f]+@[^\s@<>]+\.[^\s@<>]+$",
    ),
]


class NewTester(RequestBody):
    """Somebody who may sign in to your service in the sandbox."""

    email: Email = Field(description="The email address of their account, or of a member of your staff")


class Tester(BaseModel):
    """Somebody who may sign in to your service in the sandbox."""

    id: Id
    email: str
    added_by: str = Field(description="The subject of the credential that added them")
    added_at: datetime


class NewTestPerson(RequestBody):
    """A test person to make."""

    name: Name = Field(description="What you call them; people who sign in do not see it")


class TestPerson(BaseModel):
    """A person who does not exist, with an account for your services in the sandbox."""

    __test__ = False  # no test of pytest's

    id: Id
    name: str
    email: str = Field(description="What you type to sign in as them. Nobody gets emails sent to it.")
    created_by: str = Field(description="The subject of the credential that made them")
    created_at: datetime


class TestPersonAccount(TestPerson):
    """A test person, with their password."""

    password: str = Field(description="You see it once. Choose to sign in with a password instead of a code.")
