"""Only ``chassis.clock`` asks for the time, so that a test can be on any day."""

import ast

import pytest

from chassis import clock
from tests.guards.sources import ROOT, production

READERS = {
    *(("datetime", name) for name in ("now", "utcnow", "today")),
    ("date", "today"),
    *(("time", name) for name in ("time", "time_ns", "gmtime", "localtime")),
}
# The gateway does not use the chassis.
ALLOWED = {
    "chassis/src/chassis/clock.py",
    "chassis/src/chassis/ids.py",  # ids keep the order in which they are made, whatever day a test is on
    "chassis/src/chassis/testing/servers.py",  # a certificate is checked by the machine's own time
}
FOLDERS = ("chassis/", "services/")


def find_readers(source):
    """Find where source asks for the time, called or handed on: ``datetime.now``, ``time.time``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if (owner, node.attr) in READERS:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for name in node.names if ("time", name.name) in READERS)


def test_nobody_else_asks_for_the_time():
    places = {
        f"{name}:{line}"
        for path in production()
        if (name := str(path.relative_to(ROOT))).startswith(FOLDERS)
        and name not in ALLOWED
        and "migrations" not in path.parts
        for line in find_readers(path.read_text())
    }
    assert places == set()


@pytest.mark.parametrize(
    "planted",
    [
        "now = datetime.now(UTC)", "now = datetime.datetime.now()", "day = date.today()", "now = time.time()",
        "def run(clock=time.time): ...", "from time import time", "now = datetime.utcnow()",
    ],
)  # fmt: skip
def test_a_reader_of_the_time_is_found(planted):
    assert list(find_readers(planted))


def test_measuring_how_long_something_takes_is_no_reading():
    assert not list(find_readers("began = time.monotonic()\nspan = time.perf_counter()\nnow = clock.now()"))


def test_the_clock_can_be_set_and_goes_back(set_clock):
    set_clock("2028-02-29T23:59:59Z")
    assert clock.now().isoformat() == "2028-02-29T23:59:59+00:00"
    assert clock.today().isoformat() == "2028-02-29"
    assert clock.unix_time() == clock.now().timestamp()
    set_clock("2026-07-01T00:30:00+01:00")
    assert clock.today().isoformat() == "2026-06-30"
