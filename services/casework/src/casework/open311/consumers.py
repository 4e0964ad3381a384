"""What becomes of cases, from casework's own events: updates for those who reported them."""

from casework.events import CaseChanged, CaseClosed
from casework.open311.actions.changes import note_change
from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received

reports = Consumer("open311-reports", capability="casework")


@reports.on(CaseChanged)
async def note_changed(session: Session, event: Received[CaseChanged]) -> None:
    """Note a case that changed."""
    await note_change(session, event.council, event.data.case, event.data.state)


@reports.on(CaseClosed)
async def note_closed(session: Session, event: Received[CaseClosed]) -> None:
    """Note a case that ended."""
    await note_change(session, event.council, event.data.case, event.data.state)
