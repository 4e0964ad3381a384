import pytest

from mapping.files.actions.processes import FileReading, read_file
from mapping.files.actions.rows import read_rows
from mapping.files.rules.limits import Limits
from mapping.files.rules.reports import ReadRequest


@pytest.fixture
def read_alone(tmp_path):
    """Read a file by a child of its own: its report and its rows."""

    async def read_alone(path, limits=None, **request):
        request = ReadRequest(**{"name": path.name, "target": 27700, **request})
        report = await read_file(FileReading(path, tmp_path / "rows", tmp_path, request), limits or Limits())
        return report, [row for batch in read_rows(tmp_path / "rows") for row in batch]

    return read_alone
