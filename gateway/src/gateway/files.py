"""The files between the control plane and Envoy: contracts in, configuration out, and what was last known.

A file is replaced by rename, so that nobody ever reads half of one, and only when its content changed.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway import render
from gateway.contracts import ContractError, Operation, operations
from gateway.render.bootstrap import CLUSTERS_FILE, ROUTES_FILE
from gateway.settings import Settings
from gateway.snapshot import Snapshot

BOOTSTRAP_FILE = "bootstrap.json"
STATE_FILE = "state.json"
WATCHED = "dynamic"
"""The folder Envoy watches, below ``out``: nothing else is moved into it."""


def read_contracts(folder: Path) -> list[Operation]:
    """Every operation of every ``<service>.json`` in the folder. Raises ContractError."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ContractError(f"there are no contracts in {folder}; generate them first")
    found: list[Operation] = []
    for path in paths:
        try:
            found += operations(path.stem, json.loads(path.read_text()))
        except ValueError as error:
            raise ContractError(f"{path.name} is not JSON: {error}") from error
    return found


def last_known(out: Path) -> Snapshot | None:
    """The snapshot of an earlier run, or None. Raises ValueError when the file is damaged."""
    path = out / STATE_FILE
    if not path.exists():
        return None
    try:
        return Snapshot.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} is damaged; remove it to start without: {error}") from error


def write_bootstrap(settings: Settings, *, bare: bool = False) -> Path:
    """Write what Envoy starts with; its path."""
    path = settings.out.absolute() / BOOTSTRAP_FILE
    content = render.bootstrap(settings, path.parent / WATCHED, bare=bare)
    replace(path, _text(content))
    return path


def write_dynamic(
    settings: Settings, known: list[Operation], snapshot: Snapshot | None, *, bare: bool = False
) -> list[str]:
    """Write what Envoy watches, the snapshot first; the names of the files that changed.

    Without a snapshot a route file that is there stays: it was written by someone who had one.
    """
    watched = settings.out.absolute() / WATCHED
    made = {watched / CLUSTERS_FILE: _text(render.clusters(settings))}
    if snapshot:
        made = {settings.out.absolute() / STATE_FILE: snapshot.model_dump_json(), **made}
    if snapshot or bare or not (watched / ROUTES_FILE).exists():
        tracing = bool(settings.otlp_endpoint)
        made[watched / ROUTES_FILE] = _text(render.routes(known, snapshot, tracing=tracing, bare=bare))
    return [path.name for path, text in made.items() if replace(path, text)]


def replace(path: Path, text: str) -> bool:
    """Put the text in the file's place at once; False when it was there already."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder Envoy watches, on the same file system: only the finished file is moved in.
    beside = path.parent.parent if path.parent.name == WATCHED else path.parent
    handle, temporary = tempfile.mkstemp(dir=beside, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
