"""Tell the format of a file by its content, and check it against the name that it came under. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from mapping.files.rules.limits import FileRefusedError

SAMPLE = 4_096
"""Bytes from the beginning of a file that are looked at."""
_SQLITE = b"SQLite format 3\x00"
_GEOPACKAGE = (b"GPKG", b"GP10", b"GP11")  # SQLite's application id, at byte 68
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_TAKEN = (
    "Send GeoJSON (.geojson, .json), GeoPackage (.gpkg), CSV (.csv), or a zip with a Shapefile, a MapInfo TAB"
    " or a File Geodatabase (.zip)."
)


class Format(StrEnum):
    """The formats that are read. The value is what people call them."""

    GEOJSON = "GeoJSON"
    GEOPACKAGE = "GeoPackage"
    SHAPEFILE = "Shapefile"
    MAPINFO = "MapInfo TAB"
    GEODATABASE = "File Geodatabase"
    CSV = "CSV"


class Packing(StrEnum):
    """How a file is packed."""

    NONE = "none"
    ZIP = "zip"
    GZIP = "gzip"


DRIVERS = {
    Format.GEOJSON: "GeoJSON",
    Format.GEOPACKAGE: "GPKG",
    Format.SHAPEFILE: "ESRI Shapefile",
    Format.MAPINFO: "MapInfo File",
    Format.GEODATABASE: "OpenFileGDB",
}
"""GDAL's driver of each format. CSV is read without GDAL."""
_EXTENSIONS = {
    ".geojson": Format.GEOJSON,
    ".json": Format.GEOJSON,
    ".gpkg": Format.GEOPACKAGE,
    ".csv": Format.CSV,
    ".txt": Format.CSV,
    ".tsv": Format.CSV,
}
_GEODATABASE = re.compile(r"(?:.*?/)?[^/]*\.gdb(?=/)", re.IGNORECASE)
_UNPACKED_ONLY = {".shp": "Shapefile", ".shx": "Shapefile", ".dbf": "Shapefile", ".tab": "MapInfo TAB"}


def tell_packing(sample: bytes, name: str) -> Packing:
    """Tell how a file is packed by its first bytes. Raises FileRefusedError if its name says otherwise."""
    extension = PurePosixPath(name.lower()).suffix
    if sample.startswith(_ZIP):
        if extension != ".zip":
            raise FileRefusedError(
                "not-what-it-is-called",
                f"The file is a zip, but is called {extension or 'nothing'}. Call it .zip.",
            )
        return Packing.ZIP
    if sample.startswith(_GZIP):
        return Packing.GZIP
    if extension == ".zip":
        raise FileRefusedError("not-a-zip", "The file is called .zip, but it is not a zip, or it is empty.")
    return Packing.NONE


def tell_format(sample: bytes, name: str) -> Format:
    """Tell the format of an unpacked file. Raises FileRefusedError if it is none, or not the named one."""
    extension = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if extension in _UNPACKED_ONLY:
        kind = _UNPACKED_ONLY[extension]
        raise FileRefusedError(
            "parts-missing", f"A {kind} is several files. Pack all of them into one zip, and send that."
        )
    claimed = _EXTENSIONS.get(extension)
    if claimed is None:
        raise FileRefusedError(
            "unknown-format", f"A file called {extension or 'nothing'} is not taken. {_TAKEN}"
        )
    if not sample.strip():
        raise FileRefusedError("empty-file", "The file is empty.")
    content = _tell_content(sample)
    if content is None or content is not claimed:
        actual = "something else" if content is None else content.value
        raise FileRefusedError(
            "not-what-it-is-called",
            f"The file is called {extension}, but its content is {actual}, not {claimed}. {_TAKEN}",
        )
    return content


def _tell_content(sample: bytes) -> Format | None:
    if sample.startswith(_SQLITE):
        return Format.GEOPACKAGE if _is_geopackage(sample) else None
    text = sample.removeprefix(_BOM).lstrip()
    if text[:1] == b"{":
        return Format.GEOJSON
    if text[:1] in (b"<", b"[") or b"\x00" in sample:  # XML, such as a VRT, KML or GML; binary
        return None
    return Format.CSV


def _is_geopackage(sample: bytes) -> bool:
    """Tell by SQLite's header. Some writers set no application id: their tables tell, when it is opened."""
    return sample[68:72] in _GEOPACKAGE or sample[68:72] == b"\x00\x00\x00\x00"


def find_member(names: Sequence[str]) -> tuple[Format, str]:
    """Find what a zip holds: its format, and the member or folder to open. Raises FileRefusedError."""
    members = _list_members(names)
    if not members:
        raise FileRefusedError("nothing-in-zip", f"There is nothing in the zip that is taken. {_TAKEN}")
    if len(members) > 1:
        listing = ", ".join(member for _, member in members[:10])
        raise FileRefusedError(
            "several-in-zip",
            f"There are {len(members)} sets of data in the zip: {listing}. Send one in each zip.",
        )
    return members[0]


def _list_members(names: Sequence[str]) -> list[tuple[Format, str]]:
    databases = {match[0] for name in names if (match := _GEODATABASE.match(name))}
    if databases:
        return [(Format.GEODATABASE, folder) for folder in sorted(databases)]
    kinds = {".shp": Format.SHAPEFILE, ".tab": Format.MAPINFO} | _EXTENSIONS
    members = [(kinds[suffix], name) for name in sorted(names) if (suffix := _suffix(name)) in kinds]
    main = [pair for pair in members if pair[0] != Format.CSV]
    return main or [pair for pair in members if _suffix(pair[1]) != ".txt"]  # a licence or a readme


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower()).suffix
