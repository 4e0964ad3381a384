import subprocess

import psutil
import pytest

from dev import leftovers, state


@pytest.fixture
def orphan():
    """A process that nobody watches."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def test_what_a_killed_run_left_behind_is_stopped(tmp_path, orphan):
    leftovers.remember(tmp_path, "envoy", orphan.pid)
    assert list(leftovers.living(tmp_path)) == ["envoy"]
    assert leftovers.sweep(tmp_path) == ["envoy"]
    assert not psutil.pid_exists(orphan.pid)
    assert leftovers.living(tmp_path) == {}


def test_a_process_that_only_inherited_the_number_is_left_alone(tmp_path, orphan):
    leftovers.remember(tmp_path, "envoy", orphan.pid)
    known = state.read(tmp_path / "processes.json")
    known["envoy"]["created"] -= 1000
    state.write(tmp_path / "processes.json", known)
    assert leftovers.sweep(tmp_path) == []
    assert orphan.poll() is None


def test_nothing_noted_is_nothing_to_stop(tmp_path):
    assert leftovers.sweep(tmp_path) == []
