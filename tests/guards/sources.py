"""The files of the repository, as guards read them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked(*patterns):
    """List the files that git knows by these patterns and that are there."""
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def production():
    """List the Python files that are no tests."""
    return [path for path in tracked("*.py") if "tests" not in path.parts and path.name != "conftest.py"]
