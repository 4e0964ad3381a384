"""The proof of the comparison: its long tests, and a record of the sources that last passed them.

The long tests take too long for every run. A short test fails while the record is not that of today's
sources, so no change of the comparison can land without them.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dev.contracts.files import compute_digest
from dev.contracts.services import ROOT

TESTS = ROOT / "tests" / "contracts" / "compatibility"
SOURCES = (ROOT / "dev" / "contracts" / "compatibility", TESTS)
RECORD = ROOT / "tests" / "contracts" / "proven.txt"


def digest_sources(folders: Sequence[Path] = SOURCES) -> str:
    """Compute one digest over every Python file in the folders, its name included."""
    paths = sorted((path.relative_to(folder), path) for folder in folders for path in folder.rglob("*.py"))
    return compute_digest(
        "\n".join(f"{name.as_posix()} {compute_digest(path.read_text())}" for name, path in paths)
    )


def read_record(record: Path = RECORD) -> str:
    """Read the digest of the sources that passed last; empty when there is none."""
    return record.read_text().strip() if record.exists() else ""


def prove_comparison() -> int:
    """Run every test of the comparison, and record the sources when all pass; return pytest's exit status."""
    digest = digest_sources()
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "long or not long", str(TESTS)]
    status = subprocess.run(argv, cwd=ROOT, check=False).returncode
    if status == 0:
        RECORD.write_text(f"{digest}\n")
        print(f"{RECORD.relative_to(ROOT)} is up to date.")
    return status
