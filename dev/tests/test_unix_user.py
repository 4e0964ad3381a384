import os
import shutil
import subprocess

import pytest

from dev import binaries, postgres, unix_user
from dev.errors import UserError
from dev.unix_user import UnixUser

STRANGER = UnixUser(uid=54321, gid=54321)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@pytest.fixture
def folder(tmp_path):
    """A folder below closed ones, whose parents' modes the test may set."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def test_a_folder_below_a_closed_one_is_out_of_reach(folder):
    for part in [folder, *folder.parents]:
        if part.stat().st_uid == os.geteuid() and part.is_relative_to(folder.parents[1]):
            part.chmod(0o755)
    folder.parent.chmod(0o700)
    barrier = unix_user.find_barrier(folder, STRANGER)
    assert barrier is not None
    assert folder.is_relative_to(barrier)


def test_an_open_folder_is_within_reach():
    assert unix_user.find_barrier(unix_user.SHARED, STRANGER) is None


@pytest.mark.parametrize(
    ("mode", "owner", "last", "is_open"),
    [
        (0o711, 0, False, True),  # others may pass
        (0o711, 0, True, False),  # and not read
        (0o755, 0, True, True),
        (0o700, STRANGER.uid, True, True),  # its own folder
        (0o077, STRANGER.uid, True, False),  # the owner's bits count for the owner, and only they
    ],
)
def test_modes_are_read_as_the_kernel_reads_them(mode, owner, last, is_open):
    entry = os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))
    assert unix_user._is_open_to(entry, STRANGER, last=last) is is_open


def test_parents_keep_their_modes(folder):
    folder.parent.chmod(0o700)
    unix_user.find_barrier(folder, STRANGER)
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_fallback_folder_of_another_user_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(unix_user, "SHARED", tmp_path)
    created = unix_user.fallback_folder(folder)
    assert unix_user.fallback_folder(folder) == created
    monkeypatch.setattr(os, "geteuid", lambda: created.stat().st_uid + 1)
    with pytest.raises(UserError, match="belongs to another user"):
        unix_user.fallback_folder(folder)


def test_a_symbolic_link_is_refused_as_fallback_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(unix_user, "SHARED", tmp_path)
    created = unix_user.fallback_folder(folder)
    created.rmdir()
    created.symlink_to(folder)
    with pytest.raises(UserError):
        unix_user.fallback_folder(folder)


def test_data_are_removed_with_their_state_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(unix_user, "SHARED", tmp_path)
    (unix_user.use_fallback(folder) / "data").mkdir()
    (tmp_path / "townhall-of-somebody").mkdir()
    assert (unix_user.use_fallback(folder) / "data").exists(), "a second run finds its data"
    for entry in folder.iterdir():
        entry.unlink()
    assert not (unix_user.use_fallback(folder) / "data").exists()
    assert (tmp_path / "townhall-of-somebody").exists(), "a folder that is not known to be ours stays"


def test_data_of_folders_that_are_gone_are_removed(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(unix_user, "SHARED", tmp_path)
    abandoned = unix_user.use_fallback(folder)
    shutil.rmtree(folder)
    (tmp_path / "other").mkdir()
    used = unix_user.use_fallback(tmp_path / "other")
    assert not abandoned.exists()
    assert used.exists()


def test_copied_programs_are_complete_and_open_to_all(tmp_path):
    programs = unix_user.copy_programs(binaries.postgres_bin(), tmp_path)
    assert os.access(programs / "postgres", os.X_OK)
    assert (programs / "postgres").stat().st_mode & 0o005 == 0o005
    assert (programs.parent / "share").is_dir()
    argv = [programs / "postgres", "--version"]
    output = subprocess.run(argv, capture_output=True, text=True, check=True, env={}).stdout
    assert "PostgreSQL" in output, "it finds its libraries"
    created = (programs / "postgres").stat().st_ino
    unix_user.copy_programs(binaries.postgres_bin(), tmp_path)
    assert (programs / "postgres").stat().st_ino == created, "copied once, not at every start"


def test_an_ordinary_user_needs_no_other_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unix_user.find_unprivileged() is None


@as_root
def test_root_runs_postgres_below_a_folder_nobody_may_enter(folder):
    folder.parent.chmod(0o700)
    with postgres.running(folder) as server:
        status = f"/proc/{server.process.pid}/status"
        with open(status) as file:  # noqa: PTH123 - a name in /proc
            uid = next(line for line in file if line.startswith("Uid:"))
        assert uid.split()[1] != "0"
        home = unix_user.fallback_folder(folder)
        assert (home / "data").is_dir()
    assert not home.exists(), "the server's folder is removed"
