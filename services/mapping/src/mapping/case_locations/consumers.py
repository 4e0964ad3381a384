"""Consumers of where cases are: casework's cases, from their opening to their erasure."""

from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received
from mapping.case_locations import actions
from mapping.events import CaseChanged, CaseClosed, CaseDisposed, CaseOpened

cases = Consumer("cases", capability="casework")


@cases.on(CaseOpened)
async def note_opened(session: Session, event: Received[CaseOpened]) -> None:
    """Have the place of a new case answered."""
    await actions.note_opened(session, event.council, event.data, event.sequence)


@cases.on(CaseChanged)
async def note_changed(session: Session, event: Received[CaseChanged]) -> None:
    """Note that a case is open: it may have been closed."""
    await actions.note_moved(session, event.council, event.data, event.sequence)


@cases.on(CaseClosed)
async def note_closed(session: Session, event: Received[CaseClosed]) -> None:
    """Note that a case is closed."""
    await actions.note_moved(session, event.council, event.data, event.sequence)


@cases.on(CaseDisposed)
async def forget(session: Session, event: Received[CaseDisposed]) -> None:
    """Forget a case that is erased."""
    await actions.forget(session, event.council, event.data.case)
