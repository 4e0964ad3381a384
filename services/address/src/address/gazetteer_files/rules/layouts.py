"""How the files of gazetteers are laid out: for each record type its columns in order, as data.

A column is ``name kind``; its name is that of the staging table's column, its kind one of
``rules/records.py``. ``-`` is a column that is read over. Every record begins with its type, the kind of
change (I, U, D) and its place in the order of changes (PRO_ORDER), which are not repeated here.

AddressBase Premium: the columns of Ordnance Survey's technical specification, release 2; release 1 came
without latitudes and longitudes. DTF 7.3 (GeoPlace's Data Transfer Format, a council's own export): its
order is to be confirmed against a council's real file before the first one is loaded for good; a file that
is laid out otherwise is refused, not misread, because the kinds of its columns do not agree.
"""

from dataclasses import dataclass

_LEADING = 3  # the columns that every record begins with
HEADER, METADATA, TRAILER = "10", "29", "99"
# The class scheme that says what OS Places and we call the classification; others are read over.
CLASS_SCHEME = "AddressBase Premium Classification Scheme"

# What a record is known by; a record that is deleted need not say more.
KEYS = {
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
    """One column of a record; ``name`` is empty for one that is read over."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of each record type, and the types that are counted and read over.

    ``versions`` are the beginnings of the header's VERSION by which a file of this layout is known.
    """

    name: str
    versions: tuple[str, ...]
    records: dict[str, tuple[Column, ...]]
    read_over: frozenset[str] = frozenset()

    @property
    def in_one(self) -> bool:
        """Whether class and organisation stand in the BLPU and the postcode in its addresses."""
        return "32" not in self.records


def _columns(columns: str) -> tuple[Column, ...]:
    pairs = (column.split() for column in columns.split(","))
    return tuple(Column("" if name == "-" else name, kind) for name, kind in pairs)


def _layout(name: str, versions: tuple[str, ...], records: dict[str, str], *read_over: str) -> Layout:
    made = {record: _columns(columns) for record, columns in sorted(records.items())}
    return Layout(name, versions, made, frozenset(read_over))


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
    # 12 to 14 join streets to their parts and the roads' own network, 22 says where a BLPU's extent is from.
    _layout("DTF 7.3", ("7.3", "DTF7.3", "DTF 7.3"), _DTF, "12", "13", "14", "22"),
)


def fitting(layout: Layout, record: str, columns: int) -> Layout:
    """The layout, or its sibling of another release of which such a record has so many columns.

    Some files say one release and are laid out after another.
    """
    family = layout.name.rpartition(" ")[0]
    siblings = [layout, *(one for one in LAYOUTS if one.name.rpartition(" ")[0] == family)]
    wanted = columns - _LEADING
    return next((one for one in siblings if len(one.records.get(record, ())) == wanted), layout)


def of_version(version: str) -> Layout | None:
    """The layout of a file whose header says this VERSION; None when we have none."""
    said = version.strip().upper()
    return next((one for one in LAYOUTS if said.startswith(one.versions)), None)
