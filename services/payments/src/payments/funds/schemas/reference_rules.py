"""The API models of rules of references."""

from typing import Self

from pydantic import Field, model_validator

from payments.funds.schemas.values import Change, Help, Title, Versioned
from payments.shared.references import Rule
from payments.shared.schemas import RequestBody

_HELP = "What to tell somebody whose reference does not fit: where it stands, how it looks"


class NewReferenceRule(RequestBody):
    """A rule of references to be added."""

    name: Title = Field(examples=["Council tax and business rates"])
    rule: Rule
    help: Help = Field(default="", description=_HELP, examples=["It has 9 digits and is on your bill."])
    help_cy: Help = Field(default="", description="The same in Welsh")


class ReferenceRuleChange(Change):
    """A change of a rule. Payments that were taken before keep their references."""

    name: Title | None = None
    rule: Rule | None = None
    help: Help | None = Field(default=None, description=_HELP)
    help_cy: Help | None = None

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls()
        return self


class ReferenceRule(Versioned):
    """A rule of references, which several funds may have."""

    name: str
    rule: Rule
    help: str = Field(description=_HELP)
    help_cy: str
