"""The process that reads and writes files of map data: ``python -m mapping.files.actions.reader_process``.

A JSON object on standard input says what is to be done; JSON lines on standard output say how far it is and
what came of it. A hostile file ends this process and no other.
"""

import ctypes
import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.reports import ReadRequest, WriteRequest

# Every other driver that GDAL 3.12 has in pyogrio's wheel; `gdal_file.check_drivers` finds what another adds
_SKIPPED = (
    "ADBC AIVector AVCBin AVCE00 AmigoCloud CSV CSW Carto DGN DXF EDIGEO EEDA ESRIJSON Elasticsearch"
    " FlatGeobuf GDALG GML GPSBabel GPX GTFS GeoJSONSeq GeoRSS HTTP Idrisi JML JSONFG KML LVBAG MBTiles MEM"
    " MVT MapML MiraMonVector NGW OAPIF ODS OGCAPI OGR_GMT OGR_PDS OGR_VRT OSM PCIDSK PDF PDS4 PGDUMP"
    " PLSCENES PMTiles S57 SQLite SXF Selafin TopoJSON VDV VFK VICAR VRT WAsP WFS XLSX"
)
_ENVIRONMENT = {
    "GDAL_SKIP": _SKIPPED,
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "100",  # megabytes of one feature
    "SHAPE_RESTORE_SHX": "YES",
    "GDAL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_NEW_NETWORK = 0x40000000 | 0x10000000  # CLONE_NEWNET and, to be allowed that, CLONE_NEWUSER


def main() -> int:
    """Do what standard input says. Return 0 whatever came of it: only a death is anything else."""
    job = json.load(sys.stdin)
    limits = Limits(**job["limits"])
    _leave_network()
    _limit(limits)
    os.environ.update(_ENVIRONMENT)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if job["task"] == "write":
        return _write(job)
    for number, reading in enumerate(job["readings"]):
        _read(number, reading, limits)
    return 0


def _leave_network() -> None:
    """Go where there is no network, if the system lets us. No driver that is left could use one."""
    try:
        ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK)
    except (AttributeError, OSError):  # not Linux
        return


def _limit(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_CPU: limits.cpu,
        resource.RLIMIT_AS: limits.memory,
    }
    for kind, bound in bounds.items():
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # macOS knows no bound of address space
            continue


def _read(number: int, reading: dict[str, Any], limits: Limits) -> None:
    from mapping.files.actions.reader import read_file  # noqa: PLC0415 - within the bounds

    request = ReadRequest(**reading["request"])

    def progress(rows: int, total: int | None) -> None:
        _tell(reading=number, rows=rows, total=total)

    with tempfile.TemporaryDirectory(dir=reading["folder"]) as folder, Path(reading["out"]).open("w") as out:
        try:
            report = read_file(Path(reading["path"]), Path(folder), request, limits, out, progress)
        except FileRefusedError as error:
            _tell(reading=number, refused=[error.code, error.detail, error.choices])
        except MemoryError:
            _tell(reading=number, refused=["too-large", "The file takes more memory than it may.", []])
        else:
            _tell(reading=number, report=report.to_json())


def _write(job: dict[str, Any]) -> int:
    from mapping.files.actions.writer import write_rows  # noqa: PLC0415 - as above

    count = write_rows(WriteRequest(**job["writing"]))
    _tell(rows_written=count)
    return 0


def _tell(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    sys.exit(main())
