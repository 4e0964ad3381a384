"""The events that casework publishes, with nobody's name or words, and its view of those it reads."""

from datetime import datetime
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.events import EventData
from chassis.ids import Id
from chassis.json_values import JsonObject
from chassis.types import Pence

_NAME = Field(max_length=60, pattern="^[a-z][a-z0-9_-]*$")
UPRN, USRN = r"^[1-9][0-9]{0,11}$", r"^[1-9][0-9]{0,7}$"


class CaseEvent(EventData):
    """A case as it is after the event."""

    case: Id
    mode: str = Field(pattern="^(sandbox|live)$", description="Whether it is real, or a test")
    case_type: str = _NAME
    state: str = _NAME


class CaseMoved(CaseEvent):
    """A case on which somebody acted."""

    action: str = Field(max_length=60, description="What was done, as the case type names it")
    effective_at: AwareDatetime = Field(description="When it counts, which may be before it was entered")
    refund: Pence = Field(default=0, description="Pence that this act said are to be given back")
    refund_due: Pence = Field(
        default=0, description="Pence to give back that payments has not given back yet"
    )


_EXAMPLE: dict[str, object] = {
    "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
    "mode": "live",
    "case_type": "missed-bin",
    "state": "reported",
    "action": "report",
    "effective_at": "2026-05-05T09:30:00Z",
    "refund": 0,
    "refund_due": 0,
}


class CaseOpened(CaseMoved):
    """A case was opened. Of one that a single role may know of, it does not say where it is."""

    event_type: ClassVar[str] = "casework.case.opened.v1"
    event_example: ClassVar[dict[str, object]] = {
        **_EXAMPLE,
        "reference": "HF7K-2P9Q-XBC",
        "is_public": True,
        "uprn": "10001234567",
        "usrn": "20601234",
        "lat": 51.3813,
        "long": -2.359,
    }

    reference: str | None = Field(default=None, max_length=20, description="As people write it")
    is_public: bool = Field(default=False, description="Whether it is of a kind that is shown on public maps")
    uprn: str | None = Field(
        default=None, pattern=UPRN, max_length=12, description="The property it is about"
    )
    usrn: str | None = Field(default=None, pattern=USRN, max_length=8, description="Its street")
    lat: float | None = Field(default=None, ge=-90, le=90, description="WGS 84, degrees")
    long: float | None = Field(default=None, ge=-180, le=180, description="WGS 84, degrees")


class CaseChanged(CaseMoved):
    """Somebody acted on a case, or a timer did."""

    event_type: ClassVar[str] = "casework.case.changed.v1"
    event_example: ClassVar[dict[str, object]] = {**_EXAMPLE, "state": "crew", "action": "send_crew"}


class CaseClosed(CaseMoved):
    """A case ended."""

    event_type: ClassVar[str] = "casework.case.closed.v1"
    event_example: ClassVar[dict[str, object]] = {
        **_EXAMPLE,
        "state": "collected",
        "action": "collect",
        "result": "collected",
    }

    result: str = Field(max_length=60, description="How it ended, as the case type names it")


class CaseDisposed(CaseEvent):
    """A case is no longer kept: it was erased, with all that belonged to it."""

    event_type: ClassVar[str] = "casework.case.disposed.v1"
    event_example: ClassVar[dict[str, object]] = {
        "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
        "mode": "live",
        "case_type": "missed-bin",
        "state": "collected",
    }


class ClockBreached(CaseEvent):
    """A deadline of a case passed before what it is for was done."""

    event_type: ClassVar[str] = "casework.clock.breached.v1"
    event_example: ClassVar[dict[str, object]] = {
        "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
        "mode": "live",
        "case_type": "missed-bin",
        "state": "crew",
        "clock": "return",
        "due_at": "2026-05-08T23:00:00Z",
    }

    clock: str = _NAME
    due_at: datetime


class TaskEvent(CaseEvent):
    """A task of a case, for one role."""

    task: str = _NAME
    role: str = _NAME


_TASK: dict[str, object] = {
    "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
    "mode": "live",
    "case_type": "taxi-driver-licence",
    "state": "applied",
    "task": "medical",
    "role": "doctor",
}


class TaskOpened(TaskEvent):
    """There is work for a role."""

    event_type: ClassVar[str] = "casework.task.opened.v1"
    event_example: ClassVar[dict[str, object]] = _TASK


class TaskClosed(TaskEvent):
    """A task was done, or is not wanted any more."""

    event_type: ClassVar[str] = "casework.task.closed.v1"
    event_example: ClassVar[dict[str, object]] = {**_TASK, "status": "done", "outcome": "fit"}

    status: str = Field(pattern="^(done|dropped)$")
    outcome: str = Field(max_length=60, description="How it came out, as the case type names it; or empty")


class CaseAccess(EventData):
    """Somebody opened a case that has personal data: said once for each person, case and hour."""

    event_type: ClassVar[str] = "casework.access.recorded.v1"
    event_example: ClassVar[dict[str, object]] = {
        "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
        "mode": "live",
        "case_type": "missed-bin",
        "person": "01kp3v9m2q8s4t6w1x5y7z0abc",
        "actor": "01kp3v9m2q8s4t6w1x5y7z0abh",
        "at": "2026-11-21T10:00:00Z",
        "purpose": "safeguarding",
    }

    case: Id
    mode: str = Field(pattern="^(sandbox|live)$", description="Whether it is real, or a test")
    case_type: str = _NAME
    person: str | None = Field(max_length=255, description="The `sub` of the person whom it is about")
    actor: str = Field(max_length=255, description="The `sub` of who opened it")
    at: AwareDatetime
    purpose: str | None = Field(
        default=None,
        max_length=60,
        description="Why, where it is a case that one role alone may know of, and not theirs",
    )


PUBLISHED = (
    CaseOpened,
    CaseChanged,
    CaseClosed,
    CaseDisposed,
    ClockBreached,
    TaskOpened,
    TaskClosed,
    CaseAccess,
)


class PaymentEvent(EventData):
    """A payment, and the case that it says it is for."""

    mode: str = Field(pattern="^(sandbox|live)$")
    amount: Pence
    metadata: JsonObject = Field(default={}, max_length=15)


class PaymentSucceeded(PaymentEvent):
    """The payer paid."""

    event_type: ClassVar[str] = "payments.payment.succeeded.v1"


class PaymentFailed(PaymentEvent):
    """The card was declined, or the payer gave up."""

    event_type: ClassVar[str] = "payments.payment.failed.v1"

    code: str = Field(pattern="^P[0-9]{4}$")


class PaymentCancelled(PaymentEvent):
    """The service cancelled the payment."""

    event_type: ClassVar[str] = "payments.payment.cancelled.v1"


class PaymentExpired(PaymentEvent):
    """The payer did not finish in time."""

    event_type: ClassVar[str] = "payments.payment.expired.v1"


class PaymentRefunded(PaymentEvent):
    """Money went back. ``refunded``: what has gone back in all."""

    event_type: ClassVar[str] = "payments.payment.refunded.v1"

    refund_amount: Pence
    refunded: Pence


class PaymentSettled(PaymentEvent):
    """The money is the council's."""

    event_type: ClassVar[str] = "payments.payment.settled.v1"


class PropertyRetired(EventData):
    """A property is no more."""

    event_type: ClassVar[str] = "address.property.retired.v1"

    uprn: str = Field(pattern=UPRN, max_length=12)


class ResolvedArea(BaseModel):
    """An area that a case lies in."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(max_length=60)
    name: str = Field(max_length=200)
    code: str | None = Field(default=None, max_length=200)


class LocationResolved(EventData):
    """Mapping says in which areas a case lies; in none, if its place is not known or outside of all."""

    event_type: ClassVar[str] = "mapping.location.resolved.v1"

    case: Id
    areas: tuple[ResolvedArea, ...] = Field(max_length=100)
