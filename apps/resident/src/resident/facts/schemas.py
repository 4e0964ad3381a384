"""What facts are to those who use them: held with their time, and addresses to choose from."""

from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FactRecord:
    """The answer to a look-up, as a draft keeps it.

    ``key`` is the look-up's (``Lookup.key``): another key is another question. ``fields`` is None for an
    outage. ``at``: when it was answered, in ISO 8601. ``is_standby``: nobody answered, and these are options
    that there may be, so that a choice can be made; it is asked again as an outage is.
    """

    key: str
    fields: Fields | None
    at: str
    is_standby: bool = False


@dataclass(frozen=True, slots=True)
class GazetteerAddress:
    """An address of the council's gazetteer."""

    uprn: str
    label: str
