"""Layouts of gazetteer files, as data: the columns of each record type in order.

A column is ``name type``: the name of the staging table's column and one of ``column_types``. ``-`` is a
column that is ignored. Every record begins with its record type, the kind of change (I, U, D) and its
position in the order of changes (PRO_ORDER), which are not repeated here.

AddressBase Premium: the columns of Ordnance Survey's technical specification, release 2; release 1 lacks
latitudes and longitudes. DTF 7.3 (GeoPlace's Data Transfer Format, a council's own export): confirm the order
against a council's real file before the first load. A file in another order is refused, not misread, because
the types of its columns do not fit.
"""

from dataclasses import dataclass

_LEADING_COLUMNS = 3  # the columns that every record begins with
HEADER, METADATA, TRAILER = "10", "29", "99"
# The class scheme of the classification in OS Places and this API; records of others are ignored.
CLASS_SCHEME = "AddressBase Premium Classification Scheme"

# The key columns of a record. A deletion (D) needs no others.
KEY_COLUMNS = {
    "11": ("usrn",),
    "15": ("usrn", "language"),
    "21": ("uprn",),
    "23": ("uprn", "xref_key"),
    "24": ("uprn", "lpi_key"),
    "28": ("uprn", "udprn"),
    "30": ("uprn", "succ_key"),
    "31": ("uprn", "org_key"),
    "32": ("uprn", "class_key"),
}

_DATES = "start_date day?, end_date day?, last_update day, entry_date day"
_NUMBERED = (
    "{0}_start_number number?, {0}_start_suffix suffix, {0}_end_number number?, {0}_end_suffix suffix,"
    " {0}_text text90"
)
_OBJECTS = f"{_NUMBERED.format('sao')}, {_NUMBERED.format('pao')}"
_STREET = (
    "usrn usrn, record_type code, naming_authority code?, state code?, state_date day?, surface code?,"
    " classification code?, version integer, {dates}, start_easting easting?, start_northing northing?,"
    " {start}end_easting easting?, end_northing northing?, {end}tolerance code?"
)
_STREET_DATES = "start_date day?, end_date day?, last_update day, entry_date day"
_BLPU = (
    "uprn uprn, logical_status property, state code?, state_date day?, parent_uprn uprn?, easting easting,"
    " northing northing, {lat}rpc code?, custodian code, country letter, {dates}, postal postal,"
    " postcode postcode, - integer?"
)
_POINT = (
    "uprn uprn, udprn udprn, organisation_name text100, department_name text100, sub_building_name text90,"
    " building_name text90, building_number number?, dependent_thoroughfare text80, thoroughfare text80,"
    " double_dependent_locality text60, dependent_locality text60, post_town text60, postcode postcode,"
    " postcode_type letter?, delivery_point_suffix text2, welsh_dependent_thoroughfare text80,"
    " welsh_thoroughfare text80, welsh_double_dependent_locality text60, welsh_dependent_locality text60,"
    " welsh_post_town text60, po_box_number text6, process_date day, " + _DATES
)
_PREMIUM = {
    "15": f"usrn usrn, description text100!, locality text60, town text60, administrative_area text60,"
    f" language language, {_DATES}",
    "23": f"uprn uprn, xref_key key, reference text50!, version integer?, scheme text20!, {_DATES}",
    "24": f"uprn uprn, lpi_key key, language language, logical_status address, {_DATES}, {_OBJECTS},"
    " usrn usrn, - code?, area_name text40, level text60, official flag",
    "28": _POINT,
    "30": f"uprn uprn, succ_key key, {_DATES}, successor uprn",
    "31": f"uprn uprn, org_key key, organisation text100!, legal_name text60, {_DATES}",
    "32": f"uprn uprn, class_key key, classification class, class_scheme text60!, - decimal?, {_DATES}",
}
_LATITUDES = "- decimal?, - decimal?, "
_DTF_DATES = "start_date day?, end_date day?, entry_date day, last_update day"
_DTF = {
    "11": "usrn usrn, record_type code, naming_authority code?, state code?, state_date day?, surface code?,"
    " classification code?, version integer, entry_date day, last_update day, start_date day?,"
    " end_date day?, start_easting easting?, start_northing northing?, end_easting easting?,"
    " end_northing northing?, tolerance code?",
    "15": "usrn usrn, description text100!, locality text60, town text60, administrative_area text60,"
    " language language",
    "21": "uprn uprn, logical_status property, state code?, state_date day?, classification class?,"
    " parent_uprn uprn?, easting easting, northing northing, rpc code?, custodian code, start_date day?,"
    " end_date day?, last_update day, entry_date day, organisation text100, ward gss?, parish gss?,"
    " - code?, - code?, - text20",
    "23": "uprn uprn, xref_key key, start_date day?, end_date day?, entry_date day, last_update day,"
    " reference text50!, scheme text20!",
    "24": f"uprn uprn, lpi_key key, language language, logical_status address, {_DTF_DATES}, {_OBJECTS},"
    " usrn usrn, level text60, - letter?, postcode postcode?, post_town text60, official flag,"
    " - code?, - code?, - text20",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record; ``name`` is empty for an ignored one."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of each record type, and the record types that are counted and ignored.

    ``versions``: the prefixes of the header's VERSION that identify this layout.
    """

    name: str
    versions: tuple[str, ...]
    records: dict[str, tuple[Column, ...]]
    read_over: frozenset[str] = frozenset()

    @property
    def in_one(self) -> bool:
        """Return whether the BLPU holds class and organisation, and the LPIs the postcode."""
        return "32" not in self.records


def _columns(columns: str) -> tuple[Column, ...]:
    pairs = (column.split() for column in columns.split(","))
    return tuple(Column("" if name == "-" else name, kind) for name, kind in pairs)


def _layout(name: str, versions: tuple[str, ...], records: dict[str, str], *read_over: str) -> Layout:
    columns_by_record = {record: _columns(columns) for record, columns in sorted(records.items())}
    return Layout(name, versions, columns_by_record, frozenset(read_over))


LAYOUTS = (
    _layout(
        "AddressBase Premium 2",
        ("2",),
        _PREMIUM
        | {
            "11": _STREET.format(dates=_STREET_DATES, start=_LATITUDES, end=_LATITUDES),
            "21": _BLPU.format(lat=_LATITUDES, dates=_DATES),
        },
    ),
    _layout(
        "AddressBase Premium 1",
        ("1",),
        _PREMIUM
        | {
            "11": _STREET.format(dates=_STREET_DATES, start="", end=""),
            "21": _BLPU.format(lat="", dates=_DATES),
        },
    ),
    # 12 to 14 link streets to their parts and the road network; 22 gives the source of a BLPU's extent.
    _layout("DTF 7.3", ("7.3", "DTF7.3", "DTF 7.3"), _DTF, "12", "13", "14", "22"),
)


def fit_release(layout: Layout, record: str, columns: int) -> Layout:
    """Return the layout, or that of the release whose record has this number of columns.

    Some files state one release and have the columns of another.
    """
    family = layout.name.rpartition(" ")[0]
    siblings = [layout, *(sibling for sibling in LAYOUTS if sibling.name.rpartition(" ")[0] == family)]
    expected = columns - _LEADING_COLUMNS
    return next((sibling for sibling in siblings if len(sibling.records.get(record, ())) == expected), layout)


def find_by_version(version: str) -> Layout | None:
    """Find the layout of a header's VERSION; None when there is none."""
    normalised = version.strip().upper()
    return next((sibling for sibling in LAYOUTS if normalised.startswith(sibling.versions)), None)
