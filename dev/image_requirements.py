"""Print the lines of requirements.lock that an image needs, with their hashes.

Runs in an image's build stage, with nothing but Python's standard library and the lock beside it:
`python image_requirements.py [--build] [--extra NAME] FOLDER...`
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

LOCK = Path("requirements.lock")
OWN = "townhall-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PACKAGE = re.compile(r"^[a-z0-9]", re.MULTILINE)
_DEPENDENTS = re.compile(r"^    # via (.+)$", re.MULTILINE)


def main(argv: list[str] | None = None) -> int:
    """Print the lines, or the reason why not, with exit status 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", action="store_true", help="what builds the wheels, not what runs them")
    parser.add_argument("--extra", default="", help="an optional group of dependencies")
    parser.add_argument("folders", nargs="+", type=Path, help="folders with a pyproject.toml")
    arguments = parser.parse_args(argv)
    try:
        names = read_requirements(arguments.folders, build=arguments.build, extra=arguments.extra)
        print(select_entries(LOCK.read_text(), names), end="")
    except (LookupError, OSError) as error:
        print(f"image_requirements: {error}", file=sys.stderr)
        return 1
    return 0


def read_requirements(folders: Iterable[Path], *, build: bool = False, extra: str = "") -> set[str]:
    """Read the names that these projects require directly. Our own packages come as wheels."""
    requirements: list[str] = []
    for folder in folders:
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        if build:
            requirements += project["build-system"]["requires"]
            continue
        requirements += project["project"].get("dependencies", [])
        if extra:
            requirements += project["project"]["optional-dependencies"][extra]
    names = {normalise_name(_NAME.findall(requirement)[0]) for requirement in requirements}
    return {name for name in names if not name.startswith(OWN)}


def select_entries(lock: str, names: Iterable[str]) -> str:
    """Select the lock's entries of these packages and of all they depend on.

    Each entry names its dependents, so that the lock holds the whole graph. It knows no extras: of a package
    that is required with and without one, the extra's dependencies come too. Raises LookupError.
    """
    entries = split_entries(lock)
    dependencies: dict[str, set[str]] = {}
    for name, entry in entries.items():
        for dependents in _DEPENDENTS.findall(entry):
            for dependent in dependents.split(", "):
                dependencies.setdefault(dependent, set()).add(name)
    selected: set[str] = set()
    pending = set(names)
    while pending:
        if missing := pending - entries.keys():
            raise LookupError(f"{', '.join(sorted(missing))} not in {LOCK}; run `make lock`")
        selected |= pending
        pending = {child for name in pending for child in dependencies.get(name, ())} - selected
    return "".join(entry for name, entry in entries.items() if name in selected)


def split_entries(lock: str) -> dict[str, str]:
    """Split the lock by package. A package may have one version for older Pythons and another for newer."""
    entries: dict[str, str] = {}
    starts = [match.start() for match in _PACKAGE.finditer(lock)]
    for start, end in pairwise([*starts, len(lock)]):
        entry = lock[start:end]
        name = _NAME.findall(entry)[0]
        entries[name] = entries.get(name, "") + entry
    return entries


def normalise_name(name: str) -> str:
    """Write a package's name as the lock does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
