import subprocess

import psutil
import pytest

from dev import orphans, state


@pytest.fixture
def orphan():
    """A process without a supervisor."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_process_of_a_killed_run_is_stopped(tmp_path, orphan):
    orphans.record(tmp_path, "envoy", orphan.pid)
    assert list(orphans.find_running(tmp_path)) == ["envoy"]
    assert orphans.stop_all(tmp_path) == ["envoy"]
    assert not psutil.pid_exists(orphan.pid)
    assert orphans.find_running(tmp_path) == {}


def test_another_process_with_the_same_id_is_left_alone(tmp_path, orphan):
    orphans.record(tmp_path, "envoy", orphan.pid)
    recorded = state.read(tmp_path / "processes.json")
    recorded["envoy"]["created"] -= 1000
    state.write(tmp_path / "processes.json", recorded)
    assert orphans.stop_all(tmp_path) == []
    assert orphan.poll() is None


def test_without_records_nothing_is_stopped(tmp_path):
    assert orphans.stop_all(tmp_path) == []
