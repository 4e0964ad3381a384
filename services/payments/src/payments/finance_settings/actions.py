"""Read and write what a council sets of its reconciliation."""

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict
from payments.finance_settings import store
from payments.finance_settings.rules.settings import ReconciliationSettings
from payments.finance_settings.schemas import NewSettings, Settings

_NOUN = "settings"


async def read(session: ReadSession, council: str) -> ReconciliationSettings:
    """Read a council's settings, or ours if it has set none."""
    row = await store.find_settings(session, council)
    return ReconciliationSettings() if row is None else ReconciliationSettings.model_validate(row.settings)


async def get(session: ReadSession, council: str) -> Settings:
    """Read a council's settings with their version."""
    row = await store.find_settings(session, council)
    current = ReconciliationSettings() if row is None else ReconciliationSettings.model_validate(row.settings)
    return Settings(**dict(current), version=0 if row is None else row.version)


async def save(
    session: Session, council: str, caller: Caller, precondition: Precondition, body: NewSettings
) -> Settings:
    """Write a council's settings. Raises Problem 403 for a sandbox credential, 412.

    Both modes have the same settings, and a test must not change what happens to live money.
    """
    if caller.mode != "live":
        detail = "Settings are changed with a live credential only: live closes use them too."
        raise Problem(403, "mode-not-held", detail)
    current = await get(session, council)
    precondition.check(current.version, _NOUN)
    values = {
        "council": council,
        "settings": body.model_dump(mode="json"),
        "version": current.version + 1,
        "updated_by": caller.subject,
        "updated_at": clock.now(),
    }
    if not await store.save_settings(session, values):
        raise conflict("settings-changed", "Somebody changed the settings meanwhile. Read them again.")
    return await get(session, council)
