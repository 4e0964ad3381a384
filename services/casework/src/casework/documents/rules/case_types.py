"""The document a case type is written as, key by key: its JSON Schema is published from these models."""

from typing import Annotated, Literal

from pydantic import Field as Bounded
from pydantic import model_validator

from casework.documents.rules.clocks import ClockDocument, RenewalDocument, TimerDocument
from casework.documents.rules.distribution import DuplicatesDocument, SplitDocument, TeamsDocument
from casework.documents.rules.open311 import Open311Document
from casework.documents.rules.values import (
    NO_IDS,
    NO_MAP,
    ChosenQuantity,
    ChosenTextDocument,
    Code,
    Document,
    ExpressionText,
    Id,
    Ids,
    NationName,
    QuantityDocument,
    Texts,
    WordsDocument,
)


class ParameterDocument(Document):
    """A value that a council may set within bounds."""

    type: Literal["integer", "string", "boolean"]
    name: WordsDocument
    default: int | str | bool
    min: int | None = None
    max: int | None = None
    unit: Annotated[
        Literal["working_days", "days", "weeks", "months", "hours", "pence", "notices", "day_of_year", ""],
        Bounded(description="`day_of_year`: of a text such as 04-01, or an empty one."),
    ] = ""
    law: Annotated[bool, Bounded(description="The bounds are a statute's.")] = False
    source: Annotated[str, Bounded(max_length=200, description="What sets the bounds.")] = ""


class EvidenceDocument(Document):
    """Evidence that may expire."""

    expires: Annotated[Id, Bounded(description="The clock after which it no longer counts.")]


class FieldDocument(Document):
    """A field of the case, by a part of JSON Schema."""

    label: WordsDocument
    type: Literal["string", "integer", "boolean", "array"] = "string"
    format: Literal["date", "date-time", "uprn", "email", "plate", "reference", "file", "slot", ""] = ""
    enum: Annotated[list[Id], Bounded(max_length=60)] = NO_IDS
    min: Annotated[int, Bounded(ge=-(10**12), le=10**12)] | None = None
    max: Annotated[int, Bounded(ge=1, le=10**12)] | None = None
    restricted: Annotated[Id | None, Bounded(description="The one role that may read it.")] = None
    personal: bool = False
    staff: Annotated[bool, Bounded(description="Staff fill it in; residents do not see it.")] = False
    evidence: EvidenceDocument | None = None


class StateDocument(Document):
    """A state, in the public's words and in staff's."""

    public: WordsDocument
    staff: WordsDocument
    needs: Ids = NO_IDS
    end: bool = False


class CountLimitDocument(Document):
    """A limit on a number of other cases."""

    count: Id
    limit: QuantityDocument


class GuardDocument(Document):
    """A condition of an action: exactly one kind, and what we say where it fails."""

    refusal: WordsDocument = Bounded(alias="say")
    when: ExpressionText | None = None
    paid_in_full: Literal[True] | None = None
    evidence: Id | None = None
    not_same_person_as: Id | None = None
    at_most: CountLimitDocument | None = None
    tasks_done: Ids | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "GuardDocument":
        if len(self.kinds) != 1:
            raise ValueError("a guard has exactly one of: " + ", ".join(GUARD_KINDS))
        return self

    @property
    def kinds(self) -> list[str]:
        """List the kinds this guard gives."""
        return [kind for kind in GUARD_KINDS if getattr(self, kind) is not None]


GUARD_KINDS = ("when", "paid_in_full", "evidence", "not_same_person_as", "at_most", "tasks_done")


class TargetDocument(Document):
    """The condition under which an action leads to a state; none for the way that is left."""

    when: ExpressionText | None = None


class ActionDocument(Document):
    """What people do to a case."""

    name: WordsDocument
    sources: Annotated[Ids, Bounded(alias="from", min_length=1)]
    to: Annotated[
        Id | dict[Id, TargetDocument],
        Bounded(description="A state, or states by condition; the last without."),
    ] = ""
    by: Ids = NO_IDS
    asks: Ids = NO_IDS
    guards: dict[Id, GuardDocument] = NO_MAP
    sets: dict[Id, ExpressionText] = NO_MAP
    result: Ids = NO_IDS


class TaskDocument(Document):
    """Work of one role, beside other tasks."""

    name: WordsDocument
    by: Id
    open_in: Annotated[Ids, Bounded(min_length=1)]
    outcomes: dict[Id, WordsDocument] = NO_MAP
    then: Annotated[dict[Id, Id], Bounded(description="The action that an outcome leads to.")] = NO_MAP


class RetentionDocument(Document):
    """How long after its end a case is kept."""

    months: Annotated[int, Bounded(ge=1, le=1200)]
    then: Literal["destroy", "archive"]
    source: Annotated[str, Bounded(min_length=3, max_length=200)]


class ResultDocument(Document):
    """How a case ends."""

    name: WordsDocument
    retention: RetentionDocument


class NotificationDocument(Document):
    """A message, sent when one of these actions, tasks or states happens, or by a timer."""

    to: Id
    on: Ids = NO_IDS
    subject: WordsDocument
    body: WordsDocument


class ReactionDocument(Document):
    """An action that an event of another capability does."""

    on: Annotated[str, Bounded(pattern=r"^[a-z]+\.[a-z_]+\.[a-z_]+$", max_length=100)]
    do: Id
    where: ExpressionText | None = None
    amount: Annotated[str, Bounded(pattern=r"^data\.[a-z_]+$", max_length=60)] | None = None


class CountDocument(Document):
    """A number of other cases."""

    of: Code
    same: Ids
    year_of: Id | None = None
    where: dict[Id, Annotated[str, Bounded(max_length=100)]] = NO_MAP
    states: Ids = NO_IDS


class SubCaseDocument(Document):
    """A case of another type that is opened."""

    type: Code
    on: Annotated[Ids, Bounded(min_length=1)]
    copies: dict[Id, Id] = NO_MAP
    restricted: Id | None = None


class SlotDocument(Document):
    """An appointment, or a place in a capacity, of a pool that the council keeps."""

    pool: Id
    choice: Annotated[
        Id | None, Bounded(description="A field with `format: slot`; else what the submission holds.")
    ] = None
    area: Annotated[Id | None, Bounded(description="The field whose value is the pool's area.")] = None
    hold_minutes: QuantityDocument = ChosenQuantity(number=30)
    holds_on: Annotated[Ids, Bounded(min_length=1, description="Actions of people.")]
    confirms_on: Ids = NO_IDS
    releases_on: Ids = NO_IDS


class HoldingDocument(Document):
    """What somebody holds while the case is in these states: a permit, a subscription."""

    states: Annotated[Ids, Bounded(min_length=1)]
    kind: Annotated[Code | None, Bounded(description="What it is looked up by; the case type's code.")] = None
    until: Annotated[Id | None, Bounded(description="The clock whose due day is its last.")] = None
    plate: Annotated[Id | None, Bounded(description="The field with the vehicle it is for.")] = None
    number: Annotated[Id | None, Bounded(description="The field with its number.")] = None


class LinkDocument(Document):
    """A relation to another case."""

    relation: Literal["duplicate_of", "follows", "appeals", "about"]
    on: Annotated[Ids, Bounded(min_length=1)]
    reference: Id
    merge: bool = False


class RefundDocument(Document):
    """What is given back of a fee: exactly one part, and where its condition holds."""

    on: Annotated[Ids, Bounded(min_length=1)]
    when: ExpressionText | None = None
    all: Literal[True] | None = None
    amount: QuantityDocument | None = None
    formula: ExpressionText | None = None
    days_left_of: Annotated[Id | None, Bounded(description="A clock: the part of it that is left.")] = None
    months_left_of: Annotated[Id | None, Bounded(description="A clock: its whole months left.")] = None
    of: Annotated[
        QuantityDocument | None, Bounded(description="The pence that are shared, if not all paid.")
    ] = None
    of_lines: Annotated[
        Ids, Bounded(description="Lines of the fee: what they cost when the period began is shared.")
    ] = NO_IDS
    less: Annotated[QuantityDocument | None, Bounded(description="The pence that are kept.")] = None

    @model_validator(mode="after")
    def _has_one_part(self) -> "RefundDocument":
        if len([part for part in REFUND_PARTS if getattr(self, part) is not None]) != 1:
            raise ValueError("a refund has exactly one of: " + ", ".join(REFUND_PARTS))
        return self


REFUND_PARTS = ("all", "amount", "formula", "days_left_of", "months_left_of")


class FeeLineDocument(Document):
    """A line of a fee: an amount or a formula, where its condition holds."""

    name: WordsDocument
    amount: Annotated[
        QuantityDocument | None, Bounded(description="What one costs, unless the council sets its price.")
    ] = None
    formula: ExpressionText | None = None
    when: ExpressionText | None = None
    times: Annotated[ExpressionText | None, Bounded(description="How many are paid; none below 1.")] = None
    by: Annotated[Id | None, Bounded(description="The field with the number that finds the band.")] = None
    fund: Annotated[ChosenTextDocument | None, Bounded(description="Instead of the fee's.")] = None
    vat_code: Annotated[ChosenTextDocument | None, Bounded(description="Instead of the fee's.")] = None

    @model_validator(mode="after")
    def _has_one_amount(self) -> "FeeLineDocument":
        if (self.amount is None) == (self.formula is None):
            raise ValueError("a line has exactly one of: amount, formula")
        if self.formula is not None and (self.times is not None or self.by is not None):
            raise ValueError("`times:` and `by:` are of an amount, which a council may set")
        return self


class FeeDocument(Document):
    """The pence that are due: an amount, a formula over the case, or lines."""

    amount: QuantityDocument | None = None
    formula: ExpressionText | None = None
    lines: Annotated[dict[Id, FeeLineDocument], Bounded(max_length=20)] = NO_MAP
    fund: Annotated[ChosenTextDocument | None, Bounded(description="At payments.")] = None
    vat_code: Annotated[ChosenTextDocument | None, Bounded(description="Instead of the fund's.")] = None
    on: Annotated[Ids, Bounded(min_length=1)]
    refunded_on: Annotated[Ids, Bounded(description="What gives all of it back.")] = NO_IDS
    refunds: Annotated[
        dict[Id, RefundDocument], Bounded(max_length=10, description="Of several the first that holds.")
    ] = NO_MAP

    @model_validator(mode="after")
    def _has_one_amount(self) -> "FeeDocument":
        if [self.amount is None, self.formula is None, not self.lines].count(False) != 1:
            raise ValueError("a fee has exactly one of: amount, formula, lines")
        shared = {line for refund in self.refunds.values() for line in refund.of_lines}
        if unknown := sorted(shared - self.lines.keys()):
            raise ValueError(f"`of_lines:` names lines that are not there: {', '.join(unknown)}")
        return self


class CaseTypeDocument(Document):
    """A case type."""

    case_type: Code
    version: Annotated[str, Bounded(pattern=r"^[0-9]{1,3}\.[0-9]{1,3}$")]
    name: WordsDocument
    theme: Annotated[
        str | None,
        Bounded(
            pattern=r"^[a-z][a-z-]*$",  # as identity has them
            min_length=2,
            max_length=40,
            description="What a resident's mandate must be for, if another acts in these cases for them.",
        ),
    ] = None
    nations: Annotated[list[NationName], Bounded(min_length=1, max_length=4)]
    sibling: dict[NationName, Code] = NO_MAP
    sources: Annotated[Texts, Bounded(description="The law and guidance it follows.", min_length=1)]
    roles: Annotated[dict[Id, WordsDocument], Bounded(max_length=20)]
    restricted: Annotated[Id | None, Bounded(description="The one role that may know of its cases.")] = None
    parameters: Annotated[dict[Id, ParameterDocument], Bounded(max_length=40)] = NO_MAP
    fields: Annotated[dict[Id, FieldDocument], Bounded(max_length=100)]
    states: Annotated[dict[Id, StateDocument], Bounded(min_length=1, max_length=40)]
    actions: Annotated[dict[Id, ActionDocument], Bounded(min_length=1, max_length=80)]
    tasks: Annotated[dict[Id, TaskDocument], Bounded(max_length=40)] = NO_MAP
    clocks: Annotated[dict[Id, ClockDocument], Bounded(max_length=20)] = NO_MAP
    timers: Annotated[dict[Id, TimerDocument], Bounded(max_length=40)] = NO_MAP
    results: Annotated[dict[Id, ResultDocument], Bounded(min_length=1, max_length=20)]
    notifications: Annotated[dict[Id, NotificationDocument], Bounded(max_length=40)] = NO_MAP
    reactions: Annotated[dict[Id, ReactionDocument], Bounded(max_length=20)] = NO_MAP
    counts: Annotated[dict[Id, CountDocument], Bounded(max_length=10)] = NO_MAP
    slots: Annotated[dict[Id, SlotDocument], Bounded(max_length=10)] = NO_MAP
    holdings: Annotated[dict[Id, HoldingDocument], Bounded(max_length=5)] = NO_MAP
    sub_cases: Annotated[dict[Id, SubCaseDocument], Bounded(max_length=10)] = NO_MAP
    splits: Annotated[dict[Id, SplitDocument], Bounded(max_length=10)] = NO_MAP
    links: Annotated[dict[Id, LinkDocument], Bounded(max_length=10)] = NO_MAP
    fee: FeeDocument | None = None
    teams: TeamsDocument = TeamsDocument()
    duplicates: DuplicatesDocument = DuplicatesDocument()
    renewal: RenewalDocument | None = None
    open311: Open311Document | None = None
    admission_authority: Annotated[
        Id | None, Bounded(description="The field with the id of the authority whose school days count.")
    ] = None
    routing: Annotated[Id | None, Bounded(description="The field with the area whose team works on it.")] = (
        None
    )
