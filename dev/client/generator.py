"""Runs openapi-python-client over the contracts.

What it writes is not in Git, so that it always is of today's contracts.
The generator has a lock of its own and a folder in ``.run``: nothing that runs in a council needs it.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from dev import setup
from dev.client.documents import prepare_document

OPERATIONS = setup.OPERATIONS
_TEMPLATES = setup.CLIENT / "templates"
_LOCK = setup.CLIENT / "generator.lock"
_TOOL = setup.ROOT / ".run" / "client-generator"
_WORKER = Path(__file__).with_name("worker.py")
_STAMP = ".digest"
_RUFF = ("--isolated", "--no-cache", "--no-respect-gitignore", "--line-length", "110", "--quiet")


class GeneratorError(Exception):
    """The client could not be generated. The text says why."""


def generate_client(*, again: bool = False) -> list[str]:
    """Generate the operations of each service whose contract has changed, or of all; return their names.

    Raises GeneratorError, also for what the generator only warns of: it would leave an operation out.
    """
    contracts = setup.list_openapi()
    changed = [contract for contract in contracts if again or not _is_current(contract)]
    if changed:
        _install()
    OPERATIONS.mkdir(exist_ok=True)
    _remove_others({contract.stem for contract in contracts})
    (OPERATIONS / "__init__.py").write_text(
        '"""Written by `python -m dev.client generate`: edit contracts."""\n'
    )
    for contract in changed:
        _generate_service(contract)
    (OPERATIONS / setup.CLIENT_STAMP).write_text(setup.digest_client())
    return [contract.stem for contract in changed]


def _is_current(contract: Path) -> bool:
    """Check that operations are of today's contract and generator, and that nobody has edited them."""
    stamp = OPERATIONS / contract.stem / _STAMP
    return stamp.exists() and stamp.read_text() == _digest(contract)


def _digest(contract: Path) -> str:
    inputs = [contract, *_TEMPLATES.iterdir(), _LOCK, *_WORKER.parent.glob("*.py")]
    return f"{_digest_files(inputs)} {_digest_files((OPERATIONS / contract.stem).rglob('*.py'))}"


def _digest_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        name = path.relative_to(setup.ROOT).as_posix()
        digest.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _remove_others(names: set[str]) -> None:
    """Remove the operations of services that are no more."""
    for folder in OPERATIONS.iterdir():
        if folder.is_dir() and folder.name not in names:
            shutil.rmtree(folder)


def _install() -> None:
    """Install the generator beside the packages of requirements.lock, which has all it needs."""
    stamp = _TOOL / ".lock"
    if stamp.exists() and stamp.read_bytes() == _LOCK.read_bytes():
        return
    argv = [str(setup.PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    result = setup.run([*argv, "--upgrade", "--target", str(_TOOL), "-r", str(_LOCK)])
    if result.returncode != 0:
        raise GeneratorError(f"openapi-python-client could not be installed:\n{setup.tail(result.stdout)}")
    stamp.write_bytes(_LOCK.read_bytes())


def _generate_service(contract: Path) -> None:
    folder = OPERATIONS / contract.stem
    shutil.rmtree(folder, ignore_errors=True)
    document = prepare_document(json.loads(contract.read_text()))
    argv = [str(setup.PYTHON), str(_WORKER), str(folder), str(_TEMPLATES)]
    environment = {**os.environ, "PYTHONPATH": str(_TOOL)}
    result = subprocess.run(
        argv, env=environment, check=False, text=True, capture_output=True, input=json.dumps(document)
    )
    if result.returncode != 0:
        raise GeneratorError(f"{contract.name}: {result.stdout[-3000:]}{result.stderr[-1000:]}")
    _format(folder)
    (folder / _STAMP).write_text(_digest(contract))


def _format(folder: Path) -> None:
    """Format what was generated: as it comes, some literals run into the words behind them."""
    ruff = setup.PYTHON.with_name("ruff")
    result = setup.run([str(ruff), "format", *_RUFF, str(folder)])
    if result.returncode != 0:
        raise GeneratorError(f"what was generated is no Python:\n{setup.tail(result.stdout)}")


def build_wheel(folder: Path) -> int:
    """Build a wheel for those who have no checkout; return uv's exit code."""
    argv = [str(setup.PYTHON.with_name("uv")), "build", "--wheel", "--no-build-isolation", "--offline"]
    return subprocess.run([*argv, "--out-dir", str(folder), str(setup.CLIENT)], check=False).returncode
