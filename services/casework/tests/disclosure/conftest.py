from services.casework.tests.cases.conftest import events_of
from services.casework.tests.retention.conftest import (
    SCOPES,
    close_permit,
    deeds,
    desk,
    installed,
    now,
    officer,
    open_desk,
    permits,
    records,
    run,
    storage,
)

__all__ = [
    "SCOPES", "close_permit", "deeds", "desk", "events_of", "installed", "now", "officer", "open_desk",
    "permits", "records", "run", "storage",
]  # fmt: skip
