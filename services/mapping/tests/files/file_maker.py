"""Files of map data are made and read by child processes: no test's own process opens GDAL."""

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass

from mapping.files.actions.processes import FileReading, read_files
from mapping.files.actions.rows import read_rows
from mapping.files.rules.limits import FileRefusedError
from mapping.files.rules.reports import FileReport, FileRow, ReadRequest

WRITE = """
import json, sys, numpy as np, pyogrio, shapely
for task in json.load(sys.stdin):
    places = np.array([None if t is None else shapely.from_wkt(t) for t in task["wkt"]], dtype=object)
    wkb = None if task["geometry_type"] is None else shapely.to_wkb(places)
    types = task["types"]
    data = [np.array(values, dtype=types.get(name, object)) for name, values in task["fields"].items()]
    pyogrio.raw.write(task["path"], wkb, data, list(task["fields"]), crs=task["crs"], driver=task["driver"],
        geometry_type=task["geometry_type"], layer=task["layer"], append=task["append"], **task["options"])
"""


@dataclass
class Outcome:
    """What came of reading a file: a report and rows, or a refusal."""

    report: FileReport | None
    refusal: FileRefusedError | None
    rows: list[FileRow]

    def notes(self):
        return {note.code: note for note in self.report.notes}


def write_all(tasks):
    """Write files by GDAL itself, in a process of its own."""
    defaults = {"fields": {}, "types": {}, "crs": "EPSG:27700", "geometry_type": "Point", "layer": "data"}
    defaults |= {"append": False, "options": {}}
    whole = [defaults | {**task, "path": str(task["path"])} for task in tasks]
    argv = [sys.executable, "-W", "ignore", "-c", WRITE]
    subprocess.run(argv, input=json.dumps(whole).encode(), check=True)


def zip_folder(folder, target, *, without=()):
    """Pack a folder's files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in without:
                archive.write(path, path.relative_to(folder))
    return target


async def read_all(requests, folder):
    """Read files by one child: an outcome for each (path, request)."""
    readings = [
        FileReading(
            path,
            folder / f"{number}.rows",
            folder,
            ReadRequest(**{"name": path.name, "target": 27700, **more}),
        )
        for number, (path, more) in enumerate(requests)
    ]
    outcomes = []
    for reading, outcome in zip(readings, await read_files(readings), strict=True):
        refused = isinstance(outcome, FileRefusedError)
        rows = [] if refused else [row for batch in read_rows(reading.rows) for row in batch]
        outcomes.append(Outcome(None if refused else outcome, outcome if refused else None, rows))
    return outcomes
