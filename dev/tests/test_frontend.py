import subprocess
import sys
from pathlib import Path

import pytest

from dev import frontend

ROOT = Path(__file__).parents[2]


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A folder with a lock of its own."""
    monkeypatch.delenv(frontend.WITHOUT, raising=False)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "node_modules").mkdir()
    return tmp_path


@pytest.fixture
def npm_calls(monkeypatch):
    """npm does not run; its command lines are collected."""
    calls = []

    def run(argv, **_):
        calls.append(argv)
        return subprocess.CompletedProcess(argv, 0, "")

    monkeypatch.setattr(frontend.subprocess, "run", run)
    return calls


def test_installed_packages_are_not_installed_again(web, npm_calls):
    assert not frontend.is_installed(web, tests=False)
    frontend.install(web, Path(sys.executable), tests=False)
    assert "--omit=dev" in npm_calls[0]
    assert "--ignore-scripts" in npm_calls[0]
    assert frontend.is_installed(web, tests=False)
    assert not frontend.is_installed(web, tests=True)


def test_the_packages_of_tests_include_those_of_pages(web, npm_calls):
    frontend.install(web, Path(sys.executable), tests=True)
    assert "--omit=dev" not in npm_calls[0]
    assert frontend.is_installed(web, tests=False)
    assert frontend.is_installed(web, tests=True)


def test_a_changed_lock_is_installed(web, npm_calls):
    frontend.install(web, Path(sys.executable), tests=True)
    (web / "package-lock.json").write_text('{"packages": {}}')
    assert not frontend.is_installed(web, tests=True)


def test_the_set_up_can_do_without_pages(web, monkeypatch):
    monkeypatch.setenv(frontend.WITHOUT, "1")
    assert frontend.is_installed(web, tests=True)


def test_an_error_of_npm_says_what_to_do(web, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "npm error: no registry")
    monkeypatch.setattr(frontend.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(frontend.FrontendError, match="no registry") as error:
        frontend.install(web, Path(sys.executable), tests=False)
    assert frontend.WITHOUT in str(error.value)
    assert not frontend.is_installed(web, tests=False)


def test_the_lock_names_no_registry():
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
