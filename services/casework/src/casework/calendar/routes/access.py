"""Who may see and change calendars, and where they lie."""

from collections.abc import Callable
from typing import Annotated, Any

from chassis import ids
from chassis.auth import Caller, permission
from chassis.etags import version_tag

BASE = "/{council}/casework/v1"
CaseworkReader = Annotated[Caller, permission("casework:read")]
CaseworkKeeper = Annotated[Caller, permission("casework:configure")]


def headers_of_new(council: str, collection: str) -> Callable[[Any], dict[str, str]]:
    """Make the headers of a record that was added: its ETag, and where it is."""

    def build(record: Any) -> dict[str, str]:
        name = ids.show(record.id) if hasattr(record, "id") else str(record.year)
        return {
            **version_tag(record.version),
            "Location": f"{BASE.format(council=council)}/{collection}/{name}",
        }

    return build
