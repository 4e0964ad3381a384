"""SQL that writes the JSON of an address of the service's own API: ready text, passed on unchanged."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping

ADDRESS_LINE = (
    "concat_ws(', ', p.organisation, p.sub_building, p.building_name, p.building_number, p.street,"
    " p.locality, p.post_town, p.postcode)"
)
# With no comma between the number and the street.
DISPLAY_LINE = ADDRESS_LINE.replace(
    "p.building_number, p.street", "concat_ws(' ', p.building_number, p.street)"
)
_PROPERTY_FIELDS = f"""p.uprn::text AS uprn, p.version, {DISPLAY_LINE} AS address,
    p.organisation, p.sub_building, p.building_name, p.building_number, p.street, p.usrn::text AS usrn,
    p.locality, p.post_town, p.postcode, p.easting, p.northing, p.classification,
    p.classification_name AS classification_description, p.logical_status, p.state,
    p.parent_uprn::text AS parent_uprn, p.updated_at"""
# Successors and predecessors of a property: a live one has no successors.
_SUCCESSORS = """CASE WHEN p.logical_status = 8 THEN ARRAY(
    SELECT DISTINCT s.successor::text FROM successor s
    WHERE s.council = p.council AND s.uprn = p.uprn AND s.end_date IS NULL ORDER BY 1)
    ELSE '{}'::text[] END"""
_PREDECESSORS = """ARRAY(SELECT DISTINCT s.uprn::text FROM successor s
    WHERE s.council = p.council AND s.successor = p.uprn AND s.end_date IS NULL ORDER BY 1)"""
_SUCCEEDED_BY = "s.successor = p.uprn AND coalesce(s.start_date, s.entry_date) <= "
_SUMMARY_FIELDS = f"""p.uprn::text AS uprn, {DISPLAY_LINE} AS address, p.postcode, p.classification,
    p.easting, p.northing, p.parent_uprn::text AS parent_uprn"""


def property_json(day: str = "") -> str:
    """Return SQL of a property as a JSON object. ``day``: SQL of the date it is read for."""
    before = _PREDECESSORS.replace("s.successor = p.uprn", _SUCCEEDED_BY + day) if day else _PREDECESSORS
    fields = f"{_PROPERTY_FIELDS}, {_SUCCESSORS} AS successors, {before} AS predecessors"
    return f"row_to_json((SELECT whole FROM (SELECT {fields}) whole))::text"


PROPERTY_JSON = property_json()


def summary_json(more: Mapping[str, str]) -> str:
    """Return SQL of an address in a list. ``more``: further fields, by name, as SQL."""
    fields = ", ".join((_SUMMARY_FIELDS, *(f"{value} AS {name}" for name, value in more.items())))
    return f"row_to_json((SELECT brief FROM (SELECT {fields}) brief))::text"
