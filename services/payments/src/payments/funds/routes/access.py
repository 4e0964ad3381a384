"""Who may see and change council finance data, and where it lies."""

from collections.abc import Callable
from typing import Annotated, Any

from chassis import ids
from chassis.auth import Caller, permission
from chassis.etags import version_tag
from payments.funds.schemas.values import Versioned

BASE = "/{council}/payments/finance/v1"
FinanceReader = Annotated[Caller, permission("payments:finance-read")]
FinanceKeeper = Annotated[Caller, permission("payments:finance")]


def headers_of_new(council: str, collection: str) -> Callable[[Any], dict[str, str]]:
    """Make the headers of a record that was added: its ETag, and where it is."""

    def build(record: Versioned) -> dict[str, str]:
        path = f"{BASE.format(council=council)}/{collection}/{ids.show(record.id)}"
        return {**version_tag(record.version), "Location": path}

    return build
