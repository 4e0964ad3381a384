import os
import shutil
import subprocess

import pytest

from dev import account, binaries, postgres
from dev.account import Account
from dev.trouble import Trouble

STRANGER = Account(uid=54321, gid=54321)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give PostgreSQL another account")


@pytest.fixture
def folder(tmp_path):
    """A folder below closed ones, whose parents' modes the test may set."""
    made = tmp_path / "outer" / "inner"
    made.mkdir(parents=True)
    return made


def test_a_folder_below_a_closed_one_is_out_of_reach(folder):
    for part in [folder, *folder.parents]:
        if part.stat().st_uid == os.geteuid() and part.is_relative_to(folder.parents[1]):
            part.chmod(0o755)
    folder.parent.chmod(0o700)
    found = account.barrier(folder, STRANGER)
    assert found is not None
    assert folder.is_relative_to(found)


def test_an_open_folder_is_within_reach():
    assert account.barrier(account.SHARED, STRANGER) is None


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
    assert account._open_to(entry, STRANGER, last=last) is is_open


def test_parents_keep_their_modes(folder):
    folder.parent.chmod(0o700)
    account.barrier(folder, STRANGER)
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_refuge_that_somebody_else_made_is_not_used(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(account, "SHARED", tmp_path)
    made = account.refuge(folder)
    assert account.refuge(folder) == made
    monkeypatch.setattr(os, "geteuid", lambda: made.stat().st_uid + 1)
    with pytest.raises(Trouble, match="belongs to another user"):
        account.refuge(folder)


def test_a_symbolic_link_is_no_refuge(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(account, "SHARED", tmp_path)
    made = account.refuge(folder)
    made.rmdir()
    made.symlink_to(folder)
    with pytest.raises(Trouble):
        account.refuge(folder)


def test_data_do_not_outlive_the_state_folder_that_they_belong_to(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(account, "SHARED", tmp_path)
    (account.stand_in(folder) / "data").mkdir()
    (tmp_path / "townhall-of-somebody").mkdir()
    assert (account.stand_in(folder) / "data").exists(), "a second run finds its data"
    for entry in folder.iterdir():
        entry.unlink()
    assert not (account.stand_in(folder) / "data").exists()
    assert (tmp_path / "townhall-of-somebody").exists(), "what is not known to be ours stays"


def test_data_of_folders_that_are_gone_are_removed(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(account, "SHARED", tmp_path)
    gone = account.stand_in(folder)
    shutil.rmtree(folder)
    (tmp_path / "other").mkdir()
    kept = account.stand_in(tmp_path / "other")
    assert not gone.exists()
    assert kept.exists()


def test_copied_programs_are_whole_and_open_to_all(tmp_path):
    programs = account.copy_programs(binaries.postgres_bin(), tmp_path)
    assert os.access(programs / "postgres", os.X_OK)
    assert (programs / "postgres").stat().st_mode & 0o005 == 0o005
    assert (programs.parent / "share").is_dir()
    argv = [programs / "postgres", "--version"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, env={}).stdout
    assert "PostgreSQL" in said, "it finds its libraries"
    made = (programs / "postgres").stat().st_ino
    account.copy_programs(binaries.postgres_bin(), tmp_path)
    assert (programs / "postgres").stat().st_ino == made, "copied once, not at every start"


def test_an_ordinary_user_needs_no_other_account(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account.unprivileged() is None


@as_root
def test_root_runs_postgres_below_a_folder_nobody_may_enter(folder):
    folder.parent.chmod(0o700)
    with postgres.running(folder) as server:
        status = f"/proc/{server.process.pid}/status"
        with open(status) as file:  # noqa: PTH123 - a name in /proc
            uid = next(line for line in file if line.startswith("Uid:"))
        assert uid.split()[1] != "0"
        home = account.refuge(folder)
        assert (home / "data").is_dir()
    assert not home.exists(), "what the test needed is gone"
