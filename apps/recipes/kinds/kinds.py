"""The kinds of question: each is one page of GOV.UK's patterns, one shape of answer, and its bounds."""

from dataclasses import dataclass
from typing import Any

from apps.recipes.bundle import Text


@dataclass(frozen=True, slots=True)
class Part:
    """A field on the page: its name in the form, label, and what browsers fill in and which keyboard they
    show."""

    name: str
    label: Text | None = None  # None: the question's own
    autocomplete: str = ""
    inputmode: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: its page's component and parts, the JSON Schema of its answer, bounds a recipe may give,
    with types."""

    id: str
    component: str
    parts: tuple[Part, ...]
    schema: dict[str, Any]
    bounds: dict[str, str]  # name: whole, money, day, word
    options: bool = False


_SHORT = {"type": "string", "minLength": 1, "maxLength": 200}
_LONG = {"type": "string", "minLength": 1, "maxLength": 4000}
_DAY = {"type": "string", "format": "date"}
_OWN = Part("answer")
ADDRESS = {
    "type": "object",
    "properties": {
        "uprn": {"type": "string", "pattern": "^[0-9]{1,12}$"},
        "label": _SHORT,
        "lines": {"type": "array", "items": _SHORT, "minItems": 1, "maxItems": 4},
        "postcode": {"type": "string", "maxLength": 8},
    },
    "anyOf": [{"required": ["uprn"]}, {"required": ["lines", "postcode"]}],
    "additionalProperties": False,
}
PLACE = {
    "type": "object",
    "properties": {
        "lat": {"type": "number", "minimum": 49, "maximum": 61},
        "long": {"type": "number", "minimum": -9, "maximum": 2},
        "description": {"type": "string", "maxLength": 500},
    },
    "anyOf": [{"required": ["lat", "long"]}, {"required": ["description"]}],
    "additionalProperties": False,
}
CONTACT = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "format": "email", "maxLength": 254},
        "phone": {"type": "string", "pattern": "^[+0-9 ()-]{7,20}$"},
        "post": {"const": True},
    },
    "minProperties": 1,
    "additionalProperties": False,
}
FILES = {"type": "array", "items": _SHORT, "minItems": 1, "maxItems": 10}
_DATE_PARTS = (
    Part("day", Text("Day", "Diwrnod"), "", "numeric"),
    Part("month", Text("Month", "Mis"), "", "numeric"),
    Part("year", Text("Year", "Blwyddyn"), "", "numeric"),
)
_CONTACT_PARTS = (
    Part("email", Text("Email address", "Cyfeiriad e-bost"), "email", "email"),
    Part("phone", Text("Mobile number", "Rhif ffôn symudol"), "tel", "tel"),
    Part("post", Text("By post", "Drwy'r post")),
)
_ADDRESS_PARTS = (
    Part("postcode", Text("Postcode", "Cod post"), "postal-code"),
    Part("uprn", Text("Select an address", "Dewiswch gyfeiriad")),
    Part("line_1", Text("Address line 1", "Llinell cyfeiriad 1"), "address-line1"),
    Part("line_2", Text("Address line 2 (optional)", "Llinell cyfeiriad 2 (dewisol)"), "address-line2"),
    Part("town", Text("Town or city", "Tref neu ddinas"), "address-level2"),
)
_PLACE_PARTS = (
    Part("lat", Text("Latitude", "Lledred"), "", "decimal"),
    Part("long", Text("Longitude", "Hydred"), "", "decimal"),
    Part("description", Text("Describe the place", "Disgrifiwch y lle")),
)

KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("address", "address", _ADDRESS_PARTS, ADDRESS, {"inside": "word"}),
        Kind("place", "map", _PLACE_PARTS, PLACE, {"inside": "word"}),
        Kind("choice", "radios", (_OWN,), _SHORT, {}, options=True),
        Kind("choices", "checkboxes", (_OWN,), FILES, {"most": "whole"}, options=True),
        Kind("yes_no", "radios", (_OWN,), {"type": "boolean"}, {}),
        Kind(
            "number",
            "input",
            (Part("answer", inputmode="numeric"),),
            {"type": "integer"},
            {"min": "whole", "max": "whole"},
        ),
        Kind(
            "money",
            "input",
            (Part("answer", inputmode="decimal"),),
            {"type": "integer"},
            {"min": "money", "max": "money"},
        ),
        Kind("date", "date-input", _DATE_PARTS, _DAY, {"from": "day", "to": "day"}),
        Kind("text", "input", (_OWN,), _SHORT, {"most": "whole"}),
        Kind("long_text", "character-count", (_OWN,), _LONG, {"most": "whole"}),
        Kind("name", "input", (Part("answer", autocomplete="name"),), _SHORT, {}),
        Kind("contact", "radios", _CONTACT_PARTS, CONTACT, {}),
        Kind("plate", "input", (_OWN,), {"type": "string", "pattern": "^[A-Z0-9]{2,8}$"}, {}),
        Kind("files", "file-upload", (_OWN,), FILES, {"most": "whole"}),
        Kind("declaration", "checkboxes", (_OWN,), {"const": True}, {}),
        Kind("slot", "radios", (_OWN,), _SHORT, {"hold": "word"}),
    )
}
