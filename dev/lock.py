"""``make lock``: resolves requirements.lock from every pyproject.toml, with hashes and without addresses."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from pathlib import Path

from dev import setup

HEADER = """\
# Every dependency of every package here, pinned with the hashes of its files; made by `make lock`.
# `via` names the packages that require an entry: images install what their service needs of it.
# It names no index: packages come from wherever your pip is told to look.
"""
OWN_PREFIX = "townhall-"
# A folder of wheels, or an index beside the main one, may know the files of one platform only.
IGNORED_SETTINGS = ("find-links", "extra-index-url", "no-index")


def write_lock() -> int:
    """Resolve for every platform at once and write the lock; return uv's exit code."""
    argv = [str(Path(sysconfig.get_path("scripts")) / "uv"), "pip", "compile", "--quiet", "--universal"]
    argv += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    argv += ["--no-header", "--annotation-style", "line", "--output-file", str(setup.LOCK), "-"]
    settings = {name: text for name, text in setup.pip_settings().items() if name not in IGNORED_SETTINGS}
    requirements = "\n".join(read_requirements([setup.ROOT, *setup.workspace()]))
    environment = setup.uv_environment(settings)
    result = subprocess.run(argv, cwd=setup.ROOT, check=False, env=environment, input=requirements, text=True)
    if result.returncode == 0:
        setup.LOCK.write_text(HEADER + setup.LOCK.read_text())
        count = len(re.findall(r"^\S+==", setup.LOCK.read_text(), re.MULTILINE))
        print(f"{setup.LOCK.name}: {count} packages", file=sys.stderr)
    return result.returncode


def read_requirements(folders: Iterable[Path]) -> list[str]:
    """Read what the projects in these folders require, development tools too.

    Our own packages are left out: no index is ever asked for them, as anybody could register
    their names there.
    """
    requirements = set()
    for folder in folders:
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        requirements |= set(project.get("project", {}).get("dependencies", []))
        requirements |= set(project.get("dependency-groups", {}).get("dev", []))
    return sorted(line for line in requirements if not line.startswith(OWN_PREFIX))
