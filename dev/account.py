"""Started by root: the ordinary account PostgreSQL runs as, and the folders it can reach.

PostgreSQL refuses to run as root. Containers and many CI machines know no other user, so
then it runs as `nobody`. A checkout below a closed folder (`/root`) is out of that account's
reach; what it needs is then kept in a folder of its own below /var/tmp, and no parent
folder's permissions are ever changed.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from dev.trouble import Trouble

SHARED = Path("/var/tmp")  # noqa: S108 - checked for owner and mode in `refuge`


@dataclass(frozen=True)
class Account:
    """A user id and a group id of the machine."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to run PostgreSQL as; None when this process is no root and may do it itself."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        entry = next((e for e in pwd.getpwall() if e.pw_uid != 0), None)  # type: ignore[assignment]
    if entry is None:
        raise Trouble(
            "PostgreSQL does not run as root, and this machine knows no other user.",
            "Run as an ordinary user, or set TOWNHALL_POSTGRES_URL to a server that runs already.",
        )
    return Account(entry.pw_uid, entry.pw_gid)


def barrier(path: Path, account: Account) -> Path | None:
    """The first part of `path` that `account` may not enter or read; None when all is open."""
    for part in [*reversed(path.resolve().parents), path.resolve()]:
        if part.exists() and not _open_to(part.stat(), account, last=part == path.resolve()):
            return part
    return None


def _open_to(entry: os.stat_result, account: Account, *, last: bool) -> bool:
    """Parents need search permission; the path itself also needs to be readable."""
    need = stat.S_IXOTH | (stat.S_IROTH if last else 0)
    if entry.st_uid == account.uid:
        need <<= 6
    elif entry.st_gid == account.gid:
        need <<= 3
    return entry.st_mode & need == need


def refuge(directory: Path) -> Path:
    """A folder below /var/tmp, the same for the same `directory`, that belongs to root."""
    digest = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    folder = SHARED / f"townhall-{digest}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    # /var/tmp is open to all: a folder that somebody else put there first is not ours to use.
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise Trouble(f"{folder} belongs to another user.", "Remove it, or move the checkout.")
    folder.chmod(0o711)
    return folder


def stand_in(directory: Path) -> Path:
    """The refuge of `directory`, empty unless `directory` says that it is in use.

    Whoever removes the state folder means the data too: what is left of them is removed, here
    and in refuges whose folder is gone.
    """
    mark = directory / "kept-in"
    if not mark.exists():
        _remove_forsaken()
        shutil.rmtree(refuge(directory))
        mark.write_text(f"{refuge(directory)}\n")
        (refuge(directory) / "kept-for").write_text(str(directory.resolve()))
    return refuge(directory)


def _remove_forsaken() -> None:
    for folder in SHARED.glob("townhall-*"):
        kept_for = folder / "kept-for"
        ours = folder.lstat().st_uid == os.geteuid()
        if ours and kept_for.exists() and not (Path(kept_for.read_text()) / "kept-in").exists():
            shutil.rmtree(folder)


def leave(directory: Path) -> None:
    """Remove the refuge of `directory`, if it has one."""
    if (directory / "kept-in").exists():
        shutil.rmtree(refuge(directory))
        (directory / "kept-in").unlink()


def copy_programs(bin_folder: Path, into: Path) -> Path:
    """A copy of PostgreSQL's installation that every account may run; its folder of programs."""
    installed, package = bin_folder.parent, bin_folder.parents[1]
    copied = into / "programs"
    mark = copied / "copied-from"
    origin = f"{bin_folder.resolve()} {(bin_folder / 'postgres').stat().st_mtime_ns}"
    if not mark.exists() or mark.read_text() != origin:
        shutil.rmtree(copied, ignore_errors=True)
        # The programs find the libraries that came in their wheel by where these lie beside them.
        for part in (installed, package / ".dylibs", package.with_name(f"{package.name}.libs")):
            if part.exists():
                _copy_open(part, copied / part.relative_to(package.parent))
        mark.write_text(origin)
    return copied / bin_folder.relative_to(package.parent)


def _copy_open(source: Path, target: Path) -> None:
    """Copy a folder so that every account may read it and run its programs."""
    ignore = shutil.ignore_patterns("*.a", "include", "doc", "pgxs")
    shutil.copytree(source, target, symlinks=True, ignore=ignore)
    for entry in [target, target.parent, *target.rglob("*")]:
        if not entry.is_symlink():
            runs = entry.is_dir() or entry.stat().st_mode & stat.S_IXUSR
            entry.chmod(entry.stat().st_mode | 0o444 | (0o111 if runs else 0))
