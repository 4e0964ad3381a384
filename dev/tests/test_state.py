import os
import subprocess
import sys

import pytest

from dev import state
from dev.trouble import Trouble

HOLD = """
import sys, time
from pathlib import Path
from dev import state
with state.held(Path(sys.argv[1]), 9000):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_run(tmp_path):
    """Another process that runs a town in the same folder."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=state.ROOT) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_in_the_same_checkout_is_told_about_the_first(tmp_path, other_run):
    with pytest.raises(Trouble) as trouble, state.held(tmp_path, 9000):
        pass
    assert f"runs already (process {other_run.pid}" in trouble.value.what
    assert "make down" in trouble.value.way_out
    assert state.holder(tmp_path) == {"pid": other_run.pid, "base": 9000}


def test_a_killed_run_holds_nothing(tmp_path, other_run):
    other_run.kill()
    other_run.wait()
    assert state.holder(tmp_path) == {}
    with state.held(tmp_path, 8000):
        assert state.holder(tmp_path)["pid"] == os.getpid()


def test_passwords_are_made_once_and_read_by_their_owner_only(tmp_path):
    first = state.passwords(tmp_path, ["address", "address_owner"])
    assert first["address"] != first["address_owner"]
    assert state.passwords(tmp_path, ["address", "mapping"])["address"] == first["address"]
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_a_broken_file_is_told_by_name(tmp_path):
    (tmp_path / "passwords.json").write_text("{")
    with pytest.raises(Trouble, match=r"passwords\.json is not readable JSON"):
        state.passwords(tmp_path, ["address"])
