"""SQL that writes the JSON of an OS Places address: ready text, passed on unchanged.

Each dataset's fields are a mapping from the name in the answer to the SQL of its value over ``p``, a row of
``place``. Empty fields are left out, and codes are strings.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping

from address.read_model.store.address_json import ADDRESS_LINE
from address.shared import codes

_CUSTODIAN = "(SELECT g.{} FROM gazetteer g WHERE g.council = p.council)"


def _capitals(column: str) -> str:
    """Return SQL of text in capitals, as OS Places has it."""
    return f"to_json(upper({column}))::text"


def _code(column: str) -> str:
    """Return SQL of a number or code as a string. Nothing is escaped: never use it for text from outside."""
    return f"""'"' || {column} || '"'"""


def _day(column: str) -> str:
    return f"""'"' || to_char({column}, 'DD/MM/YYYY') || '"'"""


def _description(column: str, names: Mapping[int, str] | Mapping[str, str], otherwise: str = "NULL") -> str:
    """Return SQL of a code's description from a short code list."""
    cases = " ".join(f"""WHEN {_literal(code)} THEN '"{name}"'""" for code, name in names.items())
    return f"CASE {column} {cases} ELSE {otherwise} END"


def _literal(code: int | str) -> str:
    return str(code) if isinstance(code, int) else f"'{code}'"


def _fields(fields: Mapping[str, str]) -> str:
    """Return SQL of members of a JSON object, each after a comma; null members are left out."""
    return " || ".join(f"""coalesce(',"{name}":' || {value}, '')""" for name, value in fields.items())


# PAF has no suffixed building numbers: 15A is a building's name.
_NUMERIC = "p.building_number ~ '^[0-9]+$'"
_NAMED = f"nullif(concat_ws(', ', p.building_name, CASE WHEN NOT {_NUMERIC} THEN p.building_number END), '')"

# The fields of both datasets, from RPC to ENTRY_DATE.
_COMMON = {
    "RPC": _code("p.rpc"),
    "X_COORDINATE": "p.easting",
    "Y_COORDINATE": "p.northing",
    "STATUS": _description("p.logical_status", codes.LOGICAL_STATUSES),
    "LOGICAL_STATUS_CODE": _code("p.logical_status"),
    "CLASSIFICATION_CODE": _code("p.classification"),
    "CLASSIFICATION_CODE_DESCRIPTION": "to_json(p.classification_name)::text",
    "LOCAL_CUSTODIAN_CODE": "p.custodian",
    "LOCAL_CUSTODIAN_CODE_DESCRIPTION": f"CASE p.custodian WHEN {_CUSTODIAN.format('custodian')}"
    f" THEN to_json({_CUSTODIAN.format('custodian_name')})::text END",
    "COUNTRY_CODE": _code("p.country"),
    "COUNTRY_CODE_DESCRIPTION": _description("p.country", codes.COUNTRIES),
    "POSTAL_ADDRESS_CODE": _code("p.postal"),
    "POSTAL_ADDRESS_CODE_DESCRIPTION": _description("p.postal", codes.POSTAL_CODES),
    "BLPU_STATE_CODE": _code("p.state"),
    "BLPU_STATE_CODE_DESCRIPTION": _description(
        "p.state", codes.BLPU_STATES, f"""'"{codes.UNKNOWN_STATE}"'"""
    ),
    "WARD_CODE": _code("p.ward"),
    "PARISH_CODE": _code("p.parish"),
    "PARENT_UPRN": _code("p.parent_uprn"),
    "LAST_UPDATE_DATE": _day("p.last_update"),
    "ENTRY_DATE": _day("p.entry_date"),
}
_LAST = {
    "BLPU_STATE_DATE": _day("p.state_date"),
    "LANGUAGE": _description("p.language", codes.LANGUAGES),
}
_LEGAL_NAME = {
    "LEGAL_NAME": """(SELECT to_json(upper(n.legal_name))::text FROM organisation n
        WHERE n.council = p.council AND n.uprn = p.uprn ORDER BY n.org_key LIMIT 1)"""
}
_START = f"""'":{{"UPRN":' || {_code("p.uprn")}"""

_DPA = _fields(
    {
        "ADDRESS": _capitals(ADDRESS_LINE),
        "ORGANISATION_NAME": _capitals("p.organisation"),
        "SUB_BUILDING_NAME": _capitals("p.sub_building"),
        "BUILDING_NAME": _capitals(_NAMED),
        "BUILDING_NUMBER": f"CASE WHEN {_NUMERIC} THEN {_code('p.building_number')} END",
        "THOROUGHFARE_NAME": _capitals("p.street"),
        "DEPENDENT_LOCALITY": _capitals("p.locality"),
        "POST_TOWN": _capitals("p.post_town"),
        "POSTCODE": _code("p.postcode"),
    }
)
# Royal Mail's own address of a property that has one.
_POSTED = _fields(
    {
        "UDPRN": _code("p.udprn"),
        "ADDRESS": _capitals(
            "concat_ws(', ', d.organisation_name, d.department_name, 'PO BOX ' || d.po_box_number,"
            " d.sub_building_name, d.building_name, d.building_number, d.dependent_thoroughfare,"
            " d.thoroughfare, d.double_dependent_locality, d.dependent_locality, d.post_town, d.postcode)"
        ),
        "PO_BOX_NUMBER": _capitals("d.po_box_number"),
        "ORGANISATION_NAME": _capitals("d.organisation_name"),
        "DEPARTMENT_NAME": _capitals("d.department_name"),
        "SUB_BUILDING_NAME": _capitals("d.sub_building_name"),
        "BUILDING_NAME": _capitals("d.building_name"),
        "BUILDING_NUMBER": _capitals("d.building_number"),
        "DEPENDENT_THOROUGHFARE_NAME": _capitals("d.dependent_thoroughfare"),
        "THOROUGHFARE_NAME": _capitals("d.thoroughfare"),
        "DOUBLE_DEPENDENT_LOCALITY": _capitals("d.double_dependent_locality"),
        "DEPENDENT_LOCALITY": _capitals("d.dependent_locality"),
        "POST_TOWN": _capitals("d.post_town"),
        "POSTCODE": _capitals("d.postcode"),
    }
)
_SUFFIX = """coalesce(',"DELIVERY_POINT_SUFFIX":' || to_json(upper(d.delivery_point_suffix))::text, '')"""


def _numbers(kind: str) -> dict[str, str]:
    name = kind.upper()
    return {
        f"{name}_START_NUMBER": _code(f"l.{kind}_start_number"),
        f"{name}_START_SUFFIX": _capitals(f"l.{kind}_start_suffix"),
        f"{name}_END_NUMBER": _code(f"l.{kind}_end_number"),
        f"{name}_END_SUFFIX": _capitals(f"l.{kind}_end_suffix"),
        f"{name}_TEXT": _capitals(f"l.{kind}_text"),
    }


# An LPI has fields that ``place`` lacks: its own row and its street's are read by key.
_LPI = _fields(
    {
        "ADDRESS": _capitals(ADDRESS_LINE),
        "USRN": _code("p.usrn"),
        "LPI_KEY": _code("p.lpi_key"),
        "ORGANISATION": _capitals("p.organisation"),
        **_numbers("sao"),
        **_numbers("pao"),
        "STREET_DESCRIPTION": _capitals("p.street"),
        "LOCALITY_NAME": _capitals("p.locality"),
        "TOWN_NAME": _capitals("p.post_town"),
        "ADMINISTRATIVE_AREA": _capitals("n.administrative_area"),
        "AREA_NAME": _capitals("l.area_name"),
        "POSTCODE_LOCATOR": _code("p.postcode"),
    }
)
_STREET = _fields(
    {
        "STREET_STATE_CODE": _code("s.state"),
        "STREET_STATE_CODE_DESCRIPTION": _description("s.state", codes.STREET_STATES),
        "STREET_CLASSIFICATION_CODE": _code("s.classification"),
        "STREET_CLASSIFICATION_CODE_DESCRIPTION": _description(
            "s.classification", codes.STREET_CLASSIFICATIONS
        ),
        "LPI_LOGICAL_STATUS_CODE": _code("p.lpi_status"),
        "LPI_LOGICAL_STATUS_CODE_DESCRIPTION": _description("p.lpi_status", codes.LOGICAL_STATUSES),
    }
)
# In brackets, so that PostgreSQL joins constants once and not for every row.
_MATCH = """(',"MATCH":' || {match} || ',"MATCH_DESCRIPTION":"' || {description} || '"')"""


def _delivery_point_dpa(common: str, matched: str) -> str:
    """Return SQL of the DPA of a property with a delivery point. ``common``: SQL of the common fields."""
    more = f"{_fields({**_LEGAL_NAME, **_LAST})} || {matched} || {_SUFFIX}"
    return f"""(SELECT '{{"DPA' || {_START} || {_POSTED} || {common} || {more} || '}}}}'
        FROM delivery_point d WHERE d.council = p.council AND d.uprn = p.uprn AND d.udprn = p.udprn)"""


def _gazetteer_dpa(common: str, matched: str) -> str:
    """Return SQL of the DPA of a property without a delivery point."""
    return f"""'{{"DPA' || {_START} || {_DPA} || {common} || {_fields(_LAST)} || ({matched} || '}}}}')"""


def _lpi(common: str, matched: str) -> str:
    more = f"{_fields(_LEGAL_NAME)} || {_STREET} || {_fields(_LAST)}"
    return f"""(SELECT '{{"LPI' || {_START} || {_LPI} || {common} || {more} || ({matched} || '}}}}')
        FROM lpi l LEFT JOIN street s ON s.council = l.council AND s.usrn = l.usrn
        LEFT JOIN street_descriptor n
            ON n.council = l.council AND n.usrn = l.usrn AND n.language = l.language
        WHERE l.council = p.council AND l.uprn = p.uprn AND l.lpi_key = p.lpi_key)"""


def dpa_json(match: str, description: str) -> str:
    """Return SQL of ``{"DPA":{...}}`` for ``p``: Royal Mail's address, or else the gazetteer's own.

    ``match`` and ``description`` are SQL for the fields MATCH and MATCH_DESCRIPTION.
    """
    matched = _MATCH.format(match=match, description=description)
    common = _fields(_COMMON)
    return f"""CASE WHEN p.udprn IS NULL THEN {_gazetteer_dpa(common, matched)}
        ELSE {_delivery_point_dpa(common, matched)} END"""


def dataset_json(match: str, description: str) -> str:
    """Return SQL of ``{"DPA":{...}}`` or ``{"LPI":{...}}`` for ``p`` by ``dataset``; as ``dpa_json``.

    The common fields occur once: asyncpg does not cache a statement of more than 15 KiB.
    """
    matched = _MATCH.format(match=match, description=description)
    return f"""(SELECT CASE WHEN dataset = 'LPI' THEN {_lpi("said", matched)}
        WHEN p.udprn IS NULL THEN {_gazetteer_dpa("said", matched)}
        ELSE {_delivery_point_dpa("said", matched)} END FROM (SELECT {_fields(_COMMON)} AS said) common)"""
