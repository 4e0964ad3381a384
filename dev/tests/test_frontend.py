import subprocess
import sys
from pathlib import Path

import pytest

from dev import frontend

ROOT = Path(__file__).parents[2]


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A folder with a lock of its own; npm is replaced by a note of what it was asked."""
    monkeypatch.delenv(frontend.WITHOUT, raising=False)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "node_modules").mkdir()
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    calls = []

    def run(argv, **_):
        calls.append(argv)
        return subprocess.CompletedProcess(argv, 0, "")

    monkeypatch.setattr(frontend.subprocess, "run", run)
    return calls


def test_what_is_installed_is_not_installed_again(web, asked):
    assert not frontend.is_done(web, tests=False)
    frontend.install(web, Path(sys.executable), tests=False)
    assert "--omit=dev" in asked[0]
    assert "--ignore-scripts" in asked[0]
    assert frontend.is_done(web, tests=False)
    assert not frontend.is_done(web, tests=True)


def test_what_tests_need_is_enough_for_pages(web, asked):
    frontend.install(web, Path(sys.executable), tests=True)
    assert "--omit=dev" not in asked[0]
    assert frontend.is_done(web, tests=False)
    assert frontend.is_done(web, tests=True)


def test_a_changed_lock_is_installed(web, asked):
    frontend.install(web, Path(sys.executable), tests=True)
    (web / "package-lock.json").write_text('{"packages": {}}')
    assert not frontend.is_done(web, tests=True)


def test_pages_can_be_gone_without(web, monkeypatch):
    monkeypatch.setenv(frontend.WITHOUT, "1")
    assert frontend.is_done(web, tests=True)


def test_a_failure_of_npm_is_told_with_the_way_out(web, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "npm error: no registry")
    monkeypatch.setattr(frontend.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(frontend.FrontendError, match="no registry") as error:
        frontend.install(web, Path(sys.executable), tests=False)
    assert frontend.WITHOUT in str(error.value)
    assert not frontend.is_done(web, tests=False)


def test_the_lock_names_no_registry():
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
