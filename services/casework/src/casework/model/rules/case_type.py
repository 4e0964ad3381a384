"""A compiled case type: frozen, checked, and with its expressions ready to run.

Every mapping keeps the order of the file. Ids refer to one another by name, and all of them were checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from casework.model.rules.clocks import Clock, Quantity, Timer
from casework.model.rules.open311 import Open311Service
from casework.model.rules.prices import Price
from casework.shared.expressions import Expression
from casework.shared.words import Words

NEW = "new"  # the state of a case that is not open yet
RESIDENT = "resident"  # the person a case is about, or their delegate
SYSTEM = "system"  # timers and events of other capabilities


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, text or truth a council may set within bounds; ``law`` marks a bound that is a statute's."""

    id: str
    type: str
    default: int | str | bool
    name: Words
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    law: bool = False
    source: str = ""  # of the bounds


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the case: its JSON Schema, who alone may read it, and when its evidence expires."""

    id: str
    label: Words
    schema: Mapping[str, Any]
    restricted: str = ""  # the one role that may read it
    personal: bool = False
    expires: str = ""  # the clock after which this evidence no longer counts
    staff: bool = False  # residents neither see nor give it


@dataclass(frozen=True, slots=True)
class State:
    """A state of the case, in the public's words and in staff's."""

    id: str
    public: Words
    staff: Words
    needs: tuple[str, ...] = ()
    end: bool = False


class GuardKind(StrEnum):
    """What a guard asks."""

    WHEN = "when"
    PAID_IN_FULL = "paid_in_full"
    EVIDENCE = "evidence"
    NOT_SAME_PERSON_AS = "not_same_person_as"
    AT_MOST = "at_most"
    TASKS_DONE = "tasks_done"


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of an action, and what we say where it fails."""

    id: str
    kind: GuardKind
    refusal: Words
    expression: Expression | None = None  # of WHEN
    subjects: tuple[str, ...] = ()  # the field, action, count or tasks of the other kinds
    limit: Quantity | None = None  # of AT_MOST


@dataclass(frozen=True, slots=True)
class Target:
    """A state an action leads to, where its condition holds; without one it is the way that is left."""

    state: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What people do to a case: from where, by whom, under which guards, and where it leads."""

    id: str
    name: Words
    sources: tuple[str, ...]
    targets: tuple[Target, ...]  # empty: the state stays
    roles: frozenset[str]
    asks: tuple[str, ...] = ()  # the fields it takes
    guards: tuple[Guard, ...] = ()
    sets: Mapping[str, Expression] = field(default_factory=dict)
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Work of one role beside other tasks; it is open in some states and done with an outcome."""

    id: str
    name: Words
    role: str
    states: tuple[str, ...]
    outcomes: Mapping[str, Words] = field(default_factory=dict)
    then: Mapping[str, str] = field(default_factory=dict)  # outcome -> action


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a case with this result is kept after it ends, and what then happens."""

    months: int
    then: str  # destroy, archive
    source: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ends, and how long it is kept."""

    id: str
    name: Words
    retention: Retention


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that an action, a timer or reaching a state sends."""

    id: str
    to: str  # resident, or a role
    on: tuple[str, ...]  # ids of actions and states
    subject: Words
    body: Words


@dataclass(frozen=True, slots=True)
class Reaction:
    """An action that an event of another capability does."""

    id: str
    event: str  # payments.payment.succeeded
    action: str
    where: Expression | None = None
    amount: str = ""  # the path in the event's data of the pence paid


@dataclass(frozen=True, slots=True)
class Count:
    """A number of other cases that the store counts for a guard."""

    id: str
    case_type: str
    same: tuple[str, ...]  # fields with the same value as this case's
    year_of: str = ""  # a date field: only cases of the same calendar year
    where: Mapping[str, str] = field(default_factory=dict)  # field -> the value counted cases have
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubCase:
    """A case of another type that an action opens, with fields copied."""

    id: str
    case_type: str
    on: tuple[str, ...]
    copies: Mapping[str, str] = field(default_factory=dict)  # its field -> ours
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """A case that staff open of a part of this one, with the fields that they choose among ``copies``."""

    id: str
    name: Words
    case_type: str
    sources: tuple[str, ...]
    roles: frozenset[str]
    copies: Mapping[str, str] = field(default_factory=dict)  # its field -> ours
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """An appointment or a place in a capacity, which actions hold, confirm and release."""

    id: str
    pool: str
    minutes: Quantity  # that a hold lasts
    holds: tuple[str, ...]  # actions
    confirms: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    choice: str = ""  # the field with the slot that was chosen; without one it is what a submission holds
    area: str = ""  # the field whose value is the pool's area


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody holds while the case is in these states."""

    id: str
    kind: str
    states: tuple[str, ...]
    until: str = ""  # the clock whose due day is its last
    plate: str = ""  # fields
    number: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A relation to another case that an action makes; ``merge`` ends this one in the other."""

    id: str
    relation: str
    on: tuple[str, ...]
    reference: str  # the field that holds the other case's reference
    merge: bool = False


class RefundShare(StrEnum):
    """Which part of what was paid is given back."""

    ALL = "all"
    AMOUNT = "amount"  # so many pence
    FORMULA = "formula"
    DAYS_LEFT = "days_left_of"  # by the days that are left of a clock
    MONTHS_LEFT = "months_left_of"  # by its whole months


@dataclass(frozen=True, slots=True)
class Refund:
    """A part of the fee that an action gives back, where its condition holds; of several the first."""

    id: str
    on: tuple[str, ...]
    share: RefundShare
    when: Expression | None = None
    amount: Quantity | None = None
    formula: Expression | None = None
    clock: str = ""
    of: Quantity | None = None  # the pence that are shared; all that is paid without it
    less: Quantity | None = None  # the pence that are kept of it
    of_lines: tuple[str, ...] = ()  # the pence that are shared: of these lines of the fee


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Which other cases are likely about the same."""

    case_types: tuple[str, ...]
    days: int
    metres: int


@dataclass(frozen=True, slots=True)
class Teams:
    """Which team works on the cases of an area, of any other, and which kind of area counts."""

    areas: Mapping[str, str]
    otherwise: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ChosenText:
    """A text, or the parameter that has it; empty without either."""

    text: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A line of a fee: what it is for, the pence, and the fund and VAT code at payments.

    ``amount`` is what one costs unless the council sets its price; ``times`` how many are paid, ``by`` the
    field whose number finds the band of a price.
    """

    id: str
    name: Words
    amount: Quantity | None
    formula: Expression | None
    when: Expression | None = None
    fund: ChosenText = ChosenText()
    vat_code: ChosenText = ChosenText()
    times: Expression | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """The pence due by lines, from which action on, and what is given back of them."""

    lines: tuple[FeeLine, ...]
    on: tuple[str, ...]
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseType:
    """A compiled case type. ``digest`` names its content."""

    code: str
    version: str
    name: Words
    nations: frozenset[str]
    siblings: Mapping[str, str]  # nation -> the code of the type for it
    digest: str
    parameters: Mapping[str, Parameter]
    roles: Mapping[str, Words]
    fields: Mapping[str, Field]
    states: Mapping[str, State]
    actions: Mapping[str, Action]
    tasks: Mapping[str, Task]
    clocks: Mapping[str, Clock]
    timers: Mapping[str, Timer]
    results: Mapping[str, Result]
    notifications: Mapping[str, Notification]
    reactions: Mapping[str, Reaction]
    counts: Mapping[str, Count]
    slots: Mapping[str, Slot]
    holdings: Mapping[str, Holding]
    sub_cases: Mapping[str, SubCase]
    splits: Mapping[str, Split]
    links: Mapping[str, Link]
    duplicates: Duplicates
    teams: Teams
    fee: Fee | None = None
    routing: str = ""  # the field that holds the area whose team works on the case
    theme: str = ""  # of the mandates by which others act for residents; empty: nobody may
    restricted: str = ""  # the one role that may know of its cases
    admission_authority: str = ""  # the field that holds the id of the authority whose school days count
    open311: Open311Service | None = None  # offered to sites where residents report problems


@dataclass(frozen=True, slots=True)
class BoundType:
    """A case type with a council's parameters, prices and nation: what the engine is given.

    With prices of the council, a line that has none costs nothing.
    """

    case_type: CaseType
    nation: str
    parameters: Mapping[str, int | str | bool]
    prices: Mapping[str, Price] = field(default_factory=dict)
