"""Providers of facts: what each needs, which keys it takes, and which fields it gives, with their types.

A fact is a map of its fields; a provider of options gives ``options: [{value, label, label_cy}]``, which a
choice takes as its answers. A text may have its Welsh beside it (``reason_cy``), which placeholders show to
who reads Welsh. A field that the provider does not know is left out; None instead of the map is
an outage. The code that calls them is the runner's.
"""

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "integer", "truth", "date"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: kinds of question (or ``person``) it needs, its own keys, and its fields."""

    needs: tuple[frozenset[str], ...]
    fields: dict[str, FieldType]
    keys: frozenset[str] = frozenset()
    options: bool = False
    sometimes: frozenset[str] = frozenset()  # fields that even an answer may lack


_ADDRESS = frozenset({"address"})
_PLACE = frozenset({"address", "place"})
_PLATE = frozenset({"plate"})
_PERSON = frozenset({"person"})
_CHOICE = frozenset({"choice"})
_WORDS = frozenset({"long_text", "text"})

PROVIDERS: dict[str, Provider] = {
    "mapping.area": Provider(
        (_PLACE,),
        {"found": "truth", "name": "text", "code": "text", "car_free": "truth", "ours": "truth"},
        frozenset({"layer"}),
    ),
    "mapping.near": Provider((_PLACE,), {"found": "truth", "name": "text"}, frozenset({"layer", "within"})),
    "casework.open_case": Provider((_ADDRESS, _CHOICE), {"reference": "text", "state": "text"}),
    "casework.nearby": Provider((_PLACE,), {"open": "integer", "reference": "text"}, frozenset({"within"})),
    "casework.holdings": Provider(
        (_ADDRESS | _PLATE,),
        {"active": "integer", "until": "date", "renew_from": "date", "number": "text"},
        frozenset({"kind"}),
    ),
    "casework.slots": Provider((_ADDRESS,), {}, frozenset({"pool"}), options=True),
    "casework.disclosures": Provider((_WORDS,), {"found": "truth", "reference": "text"}),
    "identity.proved_address": Provider((_PERSON,), {"uprn": "text", "name": "text"}),
    "waste.containers": Provider((_ADDRESS,), {}, options=True),
    "waste.round": Provider(
        (_ADDRESS, _CHOICE),
        {
            "day": "date",
            "next": "date",
            "back": "date",
            "ends": "text",
            "finished": "truth",
            "unfinished": "truth",
        },
    ),
    "waste.crew_event": Provider((_ADDRESS, _CHOICE), {"reason": "text", "time": "text"}),
    "waste.garden_round": Provider((_ADDRESS,), {"found": "truth", "day": "text", "next": "date"}),
    "vehicle.details": Provider(
        (_PLATE,),
        {"found": "truth", "make": "text", "colour": "text", "fuel": "text", "co2": "integer", "tax": "text"},
        sometimes=frozenset({"make", "colour", "fuel", "co2", "tax"}),
    ),
    "vehicle.keeper_check": Provider((_PLATE, _ADDRESS), {"answer": "text"}),
}
