"""Consumers of casework: payments move cases on, a retired property is noted, areas route to teams."""

from casework.caseload.actions import reactions
from casework.events import (
    LocationResolved,
    PaymentCancelled,
    PaymentEvent,
    PaymentExpired,
    PaymentFailed,
    PaymentRefunded,
    PaymentSettled,
    PaymentSucceeded,
    PropertyRetired,
)
from casework.workloads.actions import assignment
from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received

payments = Consumer("payments", capability="payments")
properties = Consumer("properties", capability="address")
locations = Consumer("locations", capability="mapping")


async def react(session: Session, event: Received[PaymentEvent]) -> None:
    """Do what the case that a payment names has for it."""
    await reactions.react_to_payment(session, event)


for _view in (
    PaymentSucceeded,
    PaymentFailed,
    PaymentCancelled,
    PaymentExpired,
    PaymentRefunded,
    PaymentSettled,
):
    payments.on(_view)(react)


@properties.on(PropertyRetired)
async def note_retired(session: Session, event: Received[PropertyRetired]) -> None:
    """Note in the open cases of a property that it is no more."""
    await reactions.note_property(session, event)


@locations.on(LocationResolved)
async def route_located(session: Session, event: Received[LocationResolved]) -> None:
    """Route a case to the team of its areas."""
    await assignment.route_located(session, event)
