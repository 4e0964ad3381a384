"""Make requirements.lock anew from every package's pyproject.toml: hashes, and no address in it."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from pathlib import Path

from dev import setup

ABOUT = """\
# Every dependency of every package here, pinned with the hashes of its files; made by `make lock`.
# `via` names the packages that require an entry: images install what their service needs of it.
# It names no index: packages come from wherever your pip is told to look.
"""
OWN = "townhall-"
# A folder of wheels, or an index beside the main one, may know the files of one platform only.
LEFT_OUT = ("find-links", "extra-index-url", "no-index")


def make() -> int:
    """Resolve, for every platform at once, and write the lock; uv's exit code."""
    argv = [str(Path(sysconfig.get_path("scripts")) / "uv"), "pip", "compile", "--quiet", "--universal"]
    argv += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    argv += ["--no-header", "--annotation-style", "line", "--output-file", str(setup.LOCK), "-"]
    settings = {name: text for name, text in setup.pip_settings().items() if name not in LEFT_OUT}
    wanted = "\n".join(wanted_of([setup.ROOT, *setup.workspace()]))
    done = subprocess.run(
        argv, cwd=setup.ROOT, check=False, env=setup.uv_environment(settings), input=wanted, text=True
    )
    if done.returncode == 0:
        setup.LOCK.write_text(ABOUT + setup.LOCK.read_text())
        count = len(re.findall(r"^\S+==", setup.LOCK.read_text(), re.MULTILINE))
        print(f"{setup.LOCK.name}: {count} packages", file=sys.stderr)
    return done.returncode


def wanted_of(folders: Iterable[Path]) -> list[str]:
    """What the projects in these folders require, tools for development included.

    Our own packages are left out: they are never asked of an index, where anybody could
    register their names.
    """
    found = set()
    for folder in folders:
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        found |= set(project.get("project", {}).get("dependencies", []))
        found |= set(project.get("dependency-groups", {}).get("dev", []))
    return sorted(line for line in found if not line.startswith(OWN))
