"""The Unix user that PostgreSQL runs as when root starts the stack, and folders that this user can reach.

PostgreSQL refuses to run as root. Containers and many CI machines have no other user, so there it runs as
`nobody`. That user cannot enter a checkout below a closed folder such as `/root`. What PostgreSQL needs then
lies in a fallback folder below /var/tmp. The permissions of parent folders are never changed.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from dev.errors import UserError

SHARED = Path("/var/tmp")  # noqa: S108 - `fallback_folder` checks owner and type


@dataclass(frozen=True)
class UnixUser:
    """A user id and a group id of this machine."""

    uid: int
    gid: int


def find_unprivileged() -> UnixUser | None:
    """Return the user to run PostgreSQL as; None if we are not root and can run it ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        entry = next((candidate for candidate in pwd.getpwall() if candidate.pw_uid != 0), None)  # type: ignore[assignment]
    if entry is None:
        raise UserError(
            "PostgreSQL does not run as root, and this machine has no other user.",
            "Run as an ordinary user, or set TOWNHALL_POSTGRES_URL to a server that runs already.",
        )
    return UnixUser(entry.pw_uid, entry.pw_gid)


def find_barrier(path: Path, user: UnixUser) -> Path | None:
    """Return the first part of `path` that `user` may not enter or read; None if there is none."""
    for part in [*reversed(path.resolve().parents), path.resolve()]:
        if part.exists() and not _is_open_to(part.stat(), user, last=part == path.resolve()):
            return part
    return None


def _is_open_to(entry: os.stat_result, user: UnixUser, *, last: bool) -> bool:
    """Check the permission to enter; for the last part of a path, also the permission to read."""
    required = stat.S_IXOTH | (stat.S_IROTH if last else 0)
    if entry.st_uid == user.uid:
        required <<= 6
    elif entry.st_gid == user.gid:
        required <<= 3
    return entry.st_mode & required == required


def fallback_folder(directory: Path) -> Path:
    """Return the folder below /var/tmp that stands in for `directory`; it belongs to root."""
    digest = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    folder = SHARED / f"townhall-{digest}"
    folder.mkdir(mode=0o711, exist_ok=True)
    entry = folder.lstat()
    # Anybody can write to /var/tmp, so another user may have made this folder, or a link, first.
    if entry.st_uid != os.geteuid() or not stat.S_ISDIR(entry.st_mode):
        raise UserError(f"{folder} belongs to another user.", "Remove it, or move the checkout.")
    folder.chmod(0o711)
    return folder


def use_fallback(directory: Path) -> Path:
    """Return the fallback folder of `directory`; empty, unless `directory` notes that it is in use.

    Whoever removes the state folder means the data too, so fallback folders without one are removed.
    """
    note = directory / "kept-in"
    if not note.exists():
        _remove_abandoned()
        shutil.rmtree(fallback_folder(directory))
        note.write_text(f"{fallback_folder(directory)}\n")
        (fallback_folder(directory) / "kept-for").write_text(str(directory.resolve()))
    return fallback_folder(directory)


def _remove_abandoned() -> None:
    for folder in SHARED.glob("townhall-*"):
        owner_file = folder / "kept-for"
        ours = folder.lstat().st_uid == os.geteuid()
        if ours and owner_file.exists() and not (Path(owner_file.read_text()) / "kept-in").exists():
            shutil.rmtree(folder)


def remove_fallback(directory: Path) -> None:
    """Remove the fallback folder of `directory`, if it has one."""
    if (directory / "kept-in").exists():
        shutil.rmtree(fallback_folder(directory))
        (directory / "kept-in").unlink()


def copy_programs(bin_folder: Path, target: Path) -> Path:
    """Copy PostgreSQL's programs so that every user may run them; return the folder of the copies."""
    installation, package = bin_folder.parent, bin_folder.parents[1]
    copies = target / "programs"
    note = copies / "copied-from"
    origin = f"{bin_folder.resolve()} {(bin_folder / 'postgres').stat().st_mtime_ns}"
    if not note.exists() or note.read_text() != origin:
        shutil.rmtree(copies, ignore_errors=True)
        # The programs look for the libraries of their wheel beside them.
        for part in (installation, package / ".dylibs", package.with_name(f"{package.name}.libs")):
            if part.exists():
                _copy_open(part, copies / part.relative_to(package.parent))
        note.write_text(origin)
    return copies / bin_folder.relative_to(package.parent)


def _copy_open(source: Path, target: Path) -> None:
    """Copy a folder so that every user may read it and run its programs."""
    ignore = shutil.ignore_patterns("*.a", "include", "doc", "pgxs")
    shutil.copytree(source, target, symlinks=True, ignore=ignore)
    for entry in [target, target.parent, *target.rglob("*")]:
        if not entry.is_symlink():
            is_executable = entry.is_dir() or entry.stat().st_mode & stat.S_IXUSR
            entry.chmod(entry.stat().st_mode | 0o444 | (0o111 if is_executable else 0))
