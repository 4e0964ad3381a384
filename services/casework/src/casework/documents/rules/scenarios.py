"""The documents of scenarios: at which instant who does message, and what is then expected."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Bounded

from casework.documents.rules.prices import Prices
from casework.documents.rules.values import NO_IDS, NO_MAP, Day, Document, Id, Ids, NationName

# UK time, and it keeps the steps in order: 2026-04-02 09:00
Instant = Annotated[str, Bounded(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$")]
Who = Annotated[str, Bounded(pattern=r"^[a-z_]+( [a-z]+)?$", max_length=80)]
Title = Annotated[str, Bounded(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
# A rule of the type, by the end of its path: guards.in_time
Rules = Annotated[
    list[Annotated[str, Bounded(max_length=200)]],
    Bounded(max_length=20),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | list[str]
    ),
]
DueOn = Annotated[
    str, Bounded(pattern=r"^(none|[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?)$")
]  # a day, an hour of it in UK time, or that the clock does not run


SlotText = Annotated[str, Bounded(max_length=60)]
SlotStatus = Literal["none", "held", "confirmed", "lost"]
Division = Literal["england_and_wales", "scotland", "northern_ireland"]
SchoolYearName = Annotated[str, Bounded(pattern=r"^20[0-9]{2}$")]


class SchoolYearDocument(Document):
    """A school year: first day -> last day of each term, and days on which there is no school in them."""

    terms: Annotated[dict[Day, Day], Bounded(min_length=1, max_length=12)]
    inset_days: Annotated[list[Day], Bounded(max_length=60)] = NO_IDS


class ProclamationDocument(Document):
    """A bank holiday that was proclaimed, or is none any more."""

    divisions: Annotated[list[Division], Bounded(min_length=1, max_length=3)]
    name: Annotated[str, Bounded(min_length=1, max_length=100)] = "Proclaimed"
    withdrawn: bool = False


class CalendarDocument(Document):
    """Days of a scenario beside the published ones; a step may add to them, and clocks are computed again."""

    school_years: Annotated[
        dict[SchoolYearName, SchoolYearDocument],
        Bounded(max_length=20, description="By the year of September"),
    ] = NO_MAP
    proclamations: Annotated[dict[Day, ProclamationDocument], Bounded(max_length=50)] = NO_MAP
    closures: Annotated[dict[Day, Day], Bounded(max_length=50, description="First day -> last day")] = NO_MAP


PenceName = Literal["charged", "paid", "refund_due", "refunded"]


class StepDocument(Document):
    """One step: at most one act, then what is expected."""

    do: Id | None = None
    task: Id | None = None
    event: Id | None = None
    correct: Annotated[Id | None, Bounded(description="An action whose time was recorded wrongly.")] = None
    by: Annotated[Who, Bounded(description="A role, and a person if it matters: officer ann.")] = "system"
    refunded: Annotated[int | None, Bounded(description="Payments gave so many pence back.", ge=1)] = None
    effective: Instant | None = None
    fields: dict[Id, Any] = NO_MAP
    outcome: Id | None = None
    result: Id | None = None
    data: dict[Id, Any] = NO_MAP
    counts: dict[Id, int] = NO_MAP
    calendar: Annotated[
        CalendarDocument | None, Bounded(description="Days that count, or do not, from here on.")
    ] = None
    offered: Annotated[dict[Id, SlotText], Bounded(description="Pool: the slot a submission holds.")] = NO_MAP
    refused: Rules = NO_IDS
    state: Id | None = None
    due: dict[Id, DueOn] = NO_MAP
    tasks: dict[Id, Id] = NO_MAP
    slots: Annotated[dict[Id, SlotStatus], Bounded(description="What became of slots.")] = NO_MAP
    messages: Ids = NO_IDS
    fired: Ids = NO_IDS
    opens: Annotated[Ids, Bounded(description="Sub-cases that are opened.")] = NO_IDS
    refund: Annotated[int | None, Bounded(description="The pence to give back since the step before.")] = None
    pence: Annotated[dict[PenceName, int], Bounded(description="The money of the case.")] = NO_MAP
    values: Annotated[dict[Id, Any], Bounded(description="Fields and their values.")] = NO_MAP


class ScenarioDocument(Document):
    """A case from its opening on."""

    nation: NationName
    parameters: dict[Id, int | str | bool] = NO_MAP
    prices: Prices = NO_MAP
    closures: list[Day] = NO_IDS
    calendar: CalendarDocument = CalendarDocument()
    steps: Annotated[dict[Instant, StepDocument], Bounded(min_length=1, max_length=60)]


class ScenarioFileDocument(Document):
    """The scenarios of one case type."""

    scenarios: Annotated[dict[Title, ScenarioDocument], Bounded(min_length=1, max_length=100)]
