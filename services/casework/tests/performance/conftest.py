from services.casework.tests.cases.conftest import (
    desk,
    events_of,
    installed,
    now,
    open_desk,
    permits,
    run_due,
)

__all__ = ["desk", "events_of", "installed", "now", "open_desk", "permits", "run_due"]
