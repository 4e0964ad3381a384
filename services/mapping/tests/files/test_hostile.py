"""Files that mean harm: the person gets a reason, and nothing else is touched."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from mapping.files.actions import processes
from mapping.files.actions.archives import unpack_zip
from mapping.files.actions.processes import read_file
from mapping.files.rules.limits import FileRefusedError, Limits


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def link(target):
    member = zipfile.ZipInfo("data.geojson")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member, target


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("unsafe-zip", [("../../outside.geojson", "{}")]),
        ("unsafe-zip", [("/etc/outside.geojson", "{}")]),
        ("unsafe-zip", [("a\\..\\outside.geojson", "{}")]),
        ("unsafe-zip", [link("/etc/passwd")]),
        ("zip-bomb", [("data.geojson", b"\x00" * 30_000_000)]),
        ("too-many-members", [(f"{number}.geojson", "") for number in range(1_001)]),
        ("broken-zip", [("a.geojson", "{}"), ("a.geojson", "{}")]),
    ],
    ids=["path-up", "path-of-root", "path-of-windows", "link", "bomb", "members", "twice"],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_zip_is_not_unpacked(tmp_path, code, members):
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(FileRefusedError) as refused:
        unpack_zip(make_zip(tmp_path / "a.zip", members), target, Limits())
    assert refused.value.code == code
    assert not (tmp_path / "outside.geojson").exists()
    assert sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) < 8_000_000


def test_the_total_of_a_zip_is_bounded(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    members = [(f"{number}.csv", os.urandom(1_000_000)) for number in range(3)]
    with pytest.raises(FileRefusedError, match="far more"):
        unpack_zip(make_zip(tmp_path / "a.zip", members), target, replace(Limits(), unpacked=2_500_000))


def test_a_zip_that_is_none_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    with pytest.raises(FileRefusedError) as refused:
        unpack_zip(path, tmp_path, Limits())
    assert refused.value.code == "broken-zip"


@pytest.fixture
def die(monkeypatch, tmp_path):
    """Have the child run a few lines instead of reading: what GDAL might do with a hostile file."""

    def die(code):
        (tmp_path / "broken_child.py").write_text(code)
        starter = tmp_path / "python"
        starter.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'broken_child.py'}\n")
        starter.chmod(0o755)
        monkeypatch.setattr(processes.sys, "executable", str(starter))

    return die


@pytest.fixture
def reading(tmp_path):
    path = tmp_path / "data.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    request = processes.ReadRequest("data.geojson", 27700)
    return processes.FileReading(path, tmp_path / "rows", tmp_path, request)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("unreadable", "import os; os.abort()"),
        ("unreadable", "import sys; sys.exit(3)"),
        ("too-slow", "import time; time.sleep(60)"),
        ("too-slow", "print('{' * 10_000_000, flush=True); import time; time.sleep(60)"),
        ("too-slow", "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"),
    ],
    ids=["abort", "exit", "hang", "babble", "cpu"],
)
async def test_a_child_that_dies_or_hangs_is_a_reason_and_leaves_nothing(die, reading, code, lines):
    die(lines)
    with pytest.raises(FileRefusedError) as refused:
        await read_file(reading, replace(Limits(), wall=0.7))
    assert refused.value.code == code


async def test_the_child_has_none_of_our_secrets(die, reading, tmp_path, monkeypatch):
    monkeypatch.setenv("MAPPING_DATABASE_URL", "postgresql://secret")
    die(f"import os, json; json.dump(dict(os.environ), open({str(tmp_path / 'seen')!r}, 'w'))")
    with pytest.raises(FileRefusedError):
        await read_file(reading)
    assert "secret" not in json.dumps(json.loads((tmp_path / "seen").read_text()))


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_ten_million_vertices_are_refused(read_alone, tmp_path):
    path = tmp_path / "many.geojson"
    ring = ",".join(f"[{-2 + n * 1e-7:.7f},51]" for n in range(500_000))
    line = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"LineString","coordinates":[{ring}]}}}}'
    path.write_text('{"type":"FeatureCollection","features":[' + ",".join([line] * 20) + "]}")
    with pytest.raises(FileRefusedError) as refused:
        await read_alone(path)
    assert refused.value.code in {"too-many-vertices", "unreadable", "too-large"}


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_file_beyond_the_memory_is_refused(read_alone, tmp_path):
    path = tmp_path / "many.geojson"
    feature = '{"type":"Feature","properties":{"text":"%s"},"geometry":null}' % ("x" * 150_000_000)
    path.write_text('{"type":"FeatureCollection","features":[' + feature + "]}")
    with pytest.raises(FileRefusedError):
        await read_alone(path, limits=replace(Limits(), memory=900_000_000))


def test_gdal_has_the_drivers_that_are_taken_and_no_other():
    code = (
        "import os; from mapping.files.actions import reader_process as p; os.environ.update(p._ENVIRONMENT);"
        "from mapping.files.actions.gdal_file import check_drivers, _ALLOWED, pyogrio; check_drivers();"
        "assert set(pyogrio.list_drivers()) == _ALLOWED"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
