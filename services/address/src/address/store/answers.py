"""The JSON of one address, as PostgreSQL writes it: ready text, so that a reader only passes bytes on.

Each contract's fields are a table here: the name in the answer and the SQL of its value, over ``p``, a row
of ``place``. OS Places leaves empty fields out and shows codes as strings.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping

from address.rules import codes

_CUSTODIAN = "(SELECT g.{} FROM gazetteer g WHERE g.council = p.council)"


def _words(column: str) -> str:
    """Text, in capitals as OS Places has it."""
    return f"to_json(upper({column}))::text"


def _code(column: str) -> str:
    """A number or a code, shown as a string. Never text from outside: nothing is escaped."""
    return f"""'"' || {column} || '"'"""


def _day(column: str) -> str:
    return f"""'"' || to_char({column}, 'DD/MM/YYYY') || '"'"""


def _described(column: str, names: Mapping[int, str] | Mapping[str, str], otherwise: str = "NULL") -> str:
    """The description of a code from one of the short code lists."""
    cases = " ".join(f"""WHEN {_literal(code)} THEN '"{name}"'""" for code, name in names.items())
    return f"CASE {column} {cases} ELSE {otherwise} END"


def _literal(code: int | str) -> str:
    return str(code) if isinstance(code, int) else f"'{code}'"


def _object(first: tuple[str, str], fields: Mapping[str, str]) -> str:
    """SQL that writes a JSON object, without its last brace; fields whose value is null are left out."""
    start = f"""'{{"{first[0]}":' || {first[1]}"""
    return " || ".join(
        [start, *(f"""coalesce(',"{name}":' || {value}, '')""" for name, value in fields.items())]
    )


LINE = (
    "concat_ws(', ', p.organisation, p.sub_building, p.building_name, p.building_number, p.street,"
    " p.locality, p.post_town, p.postcode)"
)
# PAF has no suffixed building numbers: 15A is a building's name.
_NUMERIC = "p.building_number ~ '^[0-9]+$'"
_NAMED = f"nullif(concat_ws(', ', p.building_name, CASE WHEN NOT {_NUMERIC} THEN p.building_number END), '')"

_BOTH_FIRST = {
    "RPC": _code("p.rpc"),
    "X_COORDINATE": "p.easting",
    "Y_COORDINATE": "p.northing",
    "STATUS": _described("p.logical_status", codes.LOGICAL_STATUSES),
    "LOGICAL_STATUS_CODE": _code("p.logical_status"),
    "CLASSIFICATION_CODE": _code("p.classification"),
    "CLASSIFICATION_CODE_DESCRIPTION": "to_json(p.classification_name)::text",
    "LOCAL_CUSTODIAN_CODE": "p.custodian",
    "LOCAL_CUSTODIAN_CODE_DESCRIPTION": f"CASE p.custodian WHEN {_CUSTODIAN.format('custodian')}"
    f" THEN to_json({_CUSTODIAN.format('custodian_name')})::text END",
    "COUNTRY_CODE": _code("p.country"),
    "COUNTRY_CODE_DESCRIPTION": _described("p.country", codes.COUNTRIES),
    "POSTAL_ADDRESS_CODE": _code("p.postal"),
    "POSTAL_ADDRESS_CODE_DESCRIPTION": _described("p.postal", codes.POSTAL_CODES),
    "BLPU_STATE_CODE": _code("p.state"),
    "BLPU_STATE_CODE_DESCRIPTION": _described("p.state", codes.BLPU_STATES, f"""'"{codes.UNKNOWN_STATE}"'"""),
    "WARD_CODE": _code("p.ward"),
    "PARISH_CODE": _code("p.parish"),
    "PARENT_UPRN": _code("p.parent_uprn"),
    "LAST_UPDATE_DATE": _day("p.last_update"),
    "ENTRY_DATE": _day("p.entry_date"),
    "BLPU_STATE_DATE": _day("p.state_date"),
}
_LANGUAGE = {"LANGUAGE": _described("p.language", codes.LANGUAGES)}

_DPA = _object(
    ("UPRN", _code("p.uprn")),
    {
        "ADDRESS": _words(LINE),
        "ORGANISATION_NAME": _words("p.organisation"),
        "SUB_BUILDING_NAME": _words("p.sub_building"),
        "BUILDING_NAME": _words(_NAMED),
        "BUILDING_NUMBER": f"CASE WHEN {_NUMERIC} THEN {_code('p.building_number')} END",
        "THOROUGHFARE_NAME": _words("p.street"),
        "DEPENDENT_LOCALITY": _words("p.locality"),
        "POST_TOWN": _words("p.post_town"),
        "POSTCODE": _code("p.postcode"),
        **_BOTH_FIRST,
        **_LANGUAGE,
    },
)


def _numbered(kind: str) -> dict[str, str]:
    name = kind.upper()
    return {
        f"{name}_START_NUMBER": _code(f"l.{kind}_start_number"),
        f"{name}_START_SUFFIX": _words(f"l.{kind}_start_suffix"),
        f"{name}_END_NUMBER": _code(f"l.{kind}_end_number"),
        f"{name}_END_SUFFIX": _words(f"l.{kind}_end_suffix"),
        f"{name}_TEXT": _words(f"l.{kind}_text"),
    }


# An LPI has more than ``place`` holds: its own row and its street's are looked up by key.
_LPI = _object(
    ("UPRN", _code("p.uprn")),
    {
        "ADDRESS": _words(LINE),
        "USRN": _code("p.usrn"),
        "LPI_KEY": _code("p.lpi_key"),
        "ORGANISATION": _words("p.organisation"),
        **_numbered("sao"),
        **_numbered("pao"),
        "STREET_DESCRIPTION": _words("p.street"),
        "LOCALITY_NAME": _words("p.locality"),
        "TOWN_NAME": _words("p.post_town"),
        "AREA_NAME": _words("l.area_name"),
        "POSTCODE_LOCATOR": _code("p.postcode"),
        **_BOTH_FIRST,
        "STREET_STATE_CODE": _code("s.state"),
        "STREET_STATE_CODE_DESCRIPTION": _described("s.state", codes.STREET_STATES),
        "STREET_CLASSIFICATION_CODE": _code("s.classification"),
        "STREET_CLASSIFICATION_CODE_DESCRIPTION": _described(
            "s.classification", codes.STREET_CLASSIFICATIONS
        ),
        "LPI_LOGICAL_STATUS_CODE": _code("p.lpi_status"),
        "LPI_LOGICAL_STATUS_CODE_DESCRIPTION": _described("p.lpi_status", codes.LOGICAL_STATUSES),
        **_LANGUAGE,
    },
)
_MATCH = """',"MATCH":' || {match} || ',"MATCH_DESCRIPTION":"' || {description} || '"}}}}'"""


def os_places(match: str, description: str) -> str:
    """SQL of ``{"DPA":{...}}`` or ``{"LPI":{...}}`` for ``p`` by the value of ``dataset``.

    ``match`` and ``description`` are SQL for the fields MATCH and MATCH_DESCRIPTION.
    """
    ending = _MATCH.format(match=match, description=description)
    lpi = f"""SELECT '{{"LPI":' || {_LPI} || {ending} FROM lpi l
        LEFT JOIN street s ON s.council = l.council AND s.usrn = l.usrn
        WHERE l.council = p.council AND l.uprn = p.uprn AND l.lpi_key = p.lpi_key"""
    return f"""CASE WHEN dataset = 'DPA' THEN '{{"DPA":' || {_DPA} || {ending} ELSE ({lpi}) END"""


# As people write it, with the number before the street and no comma between.
OWN_LINE = LINE.replace("p.building_number, p.street", "concat_ws(' ', p.building_number, p.street)")
_OWN_FIELDS = f"""p.uprn::text AS uprn, p.version, {OWN_LINE} AS address,
    p.organisation, p.sub_building, p.building_name, p.building_number, p.street, p.usrn::text AS usrn,
    p.locality, p.post_town, p.postcode, p.easting, p.northing, p.classification,
    p.classification_name AS classification_description, p.logical_status, p.state,
    p.parent_uprn::text AS parent_uprn, p.updated_at"""
# What took a property's place, and what it took the place of: nothing comes after a property that stands.
_SUCCESSORS = """CASE WHEN p.logical_status = 8 THEN ARRAY(SELECT DISTINCT s.successor::text FROM successor s
    WHERE s.council = p.council AND s.uprn = p.uprn ORDER BY 1) ELSE '{}'::text[] END"""
_PREDECESSORS = """ARRAY(SELECT DISTINCT s.uprn::text FROM successor s
    WHERE s.council = p.council AND s.successor = p.uprn ORDER BY 1)"""
_UNTIL = "s.successor = p.uprn AND coalesce(s.start_date, s.entry_date) <= "
_BRIEF_FIELDS = f"""p.uprn::text AS uprn, {OWN_LINE} AS address, p.postcode, p.classification,
    p.easting, p.northing, p.parent_uprn::text AS parent_uprn"""


def own(day: str = "") -> str:
    """SQL of one property of our own API as a JSON object. ``day``: SQL of the date it is asked for."""
    before = _PREDECESSORS.replace("s.successor = p.uprn", _UNTIL + day) if day else _PREDECESSORS
    fields = f"{_OWN_FIELDS}, {_SUCCESSORS} AS successors, {before} AS predecessors"
    return f"row_to_json((SELECT whole FROM (SELECT {fields}) whole))::text"


OWN = own()


def brief(more: Mapping[str, str]) -> str:
    """SQL of one line of our own lists, with more fields: the name in the answer and the SQL of its value."""
    fields = ", ".join((_BRIEF_FIELDS, *(f"{value} AS {name}" for name, value in more.items())))
    return f"row_to_json((SELECT brief FROM (SELECT {fields}) brief))::text"
