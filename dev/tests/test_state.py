import os
import subprocess
import sys

import pytest

from dev import state
from dev.errors import UserError

LOCK = """
import sys, time
from pathlib import Path
from dev import state
with state.locked(Path(sys.argv[1]), 9000):
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_run(tmp_path):
    """Another process that has locked the same folder."""
    argv = [sys.executable, "-c", LOCK, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=state.ROOT) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_second_run_in_the_same_folder_names_the_first(tmp_path, other_run):
    with pytest.raises(UserError) as raised, state.locked(tmp_path, 9000):
        pass
    assert f"runs already (process {other_run.pid}" in raised.value.problem
    assert "make down" in raised.value.remedy
    assert state.lock_holder(tmp_path) == {"pid": other_run.pid, "base": 9000}


def test_a_killed_run_holds_no_lock(tmp_path, other_run):
    other_run.kill()
    other_run.wait()
    assert state.lock_holder(tmp_path) == {}
    with state.locked(tmp_path, 8000):
        assert state.lock_holder(tmp_path)["pid"] == os.getpid()


def test_passwords_are_made_once_and_only_their_owner_may_read_them(tmp_path):
    first = state.passwords(tmp_path, ["address", "address_owner"])
    assert first["address"] != first["address_owner"]
    assert state.passwords(tmp_path, ["address", "mapping"])["address"] == first["address"]
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "passwords.json").write_text("{")
    with pytest.raises(UserError, match=r"passwords\.json is not readable JSON"):
        state.passwords(tmp_path, ["address"])
