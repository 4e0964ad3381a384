"""Unpack zips ourselves: names, number, ratio and total are bounded, whatever the zip says of itself."""

import gzip
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mapping.files.rules.limits import MEGABYTE, FileRefusedError, Limits

_CHUNK = 1_048_576
_NAME = re.compile(r"[^\x00-\x1f\\:]{1,200}")
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|~\$)")


def unpack_zip(path: Path, folder: Path, limits: Limits) -> list[str]:
    """Unpack a zip into an empty folder. Return the members' names.

    Raises FileRefusedError, also of one that is encrypted or packed in an unknown way: a RuntimeError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = list(_check_members(archive, limits))
            left = limits.unpacked
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("xb") as out:
                    left -= _copy(source, out, left, _allowance(member, limits))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FileRefusedError("broken-zip", f"The zip cannot be unpacked: {str(error)[:200]}.") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise FileRefusedError("broken-zip", "Two members of the zip have the same name.") from None
    return [member.filename for member in members]


def _check_members(archive: zipfile.ZipFile, limits: Limits) -> Iterator[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > limits.members:
        raise FileRefusedError(
            "too-many-members", f"The zip has {len(members)} members, and {limits.members} may be."
        )
    for member in members:
        if member.is_dir() or _IGNORED.search(member.filename):
            continue
        _check_name(member)
        yield member


def _check_name(member: zipfile.ZipInfo) -> None:
    parts = member.filename.split("/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    plain = _NAME.fullmatch(member.filename) and not any(part in ("", ".", "..") for part in parts)
    if not plain or kind not in (0, stat.S_IFREG):
        raise FileRefusedError(
            "unsafe-zip",
            f"The zip has a member that is not taken: {member.filename[:100]!r} is a link, or"
            " leads out of the zip.",
        )


def _allowance(member: zipfile.ZipInfo, limits: Limits) -> int:
    """Bytes that a member may have, by those that it takes in the zip."""
    return max(member.compress_size * limits.ratio, MEGABYTE)


def unpack_gzip(path: Path, target: Path, limits: Limits) -> None:
    """Unpack a gzip file. Raises FileRefusedError."""
    allowance = max(path.stat().st_size * limits.ratio, MEGABYTE)
    try:
        with gzip.open(path) as source, target.open("xb") as out:
            _copy(source, out, limits.unpacked, allowance)
    except (OSError, EOFError, zlib.error):
        raise FileRefusedError("broken-gzip", "The gzip file cannot be unpacked.") from None


def _copy(source: IO[bytes] | gzip.GzipFile, out: IO[bytes], total: int, allowance: int) -> int:
    """Copy a member, and return its bytes. The bound holds for what comes out, not for what was claimed."""
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > min(total, allowance):
            detail = "The file unpacks to far more than a file of map data has. Nothing was unpacked further."
            raise FileRefusedError("zip-bomb", detail)
        out.write(chunk)
    return size
