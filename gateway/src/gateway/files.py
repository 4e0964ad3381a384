"""The control plane's files: it reads contracts, writes Envoy's configuration, and keeps its state.

A file is replaced by rename, so that nobody reads half of one, and only when its content changed.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway import render
from gateway.contracts import ContractError, Contracts, read_contract
from gateway.render.bootstrap import CLUSTERS_FILE, MEMBERS_FILE, ROUTES_FILE, WATCHED_FOLDER
from gateway.settings import Settings
from gateway.snapshot import Snapshot

BOOTSTRAP_FILE = "bootstrap.json"
STATE_FILE = "state.json"


def read_contracts(folder: Path) -> Contracts:
    """Read every ``<service>.json`` in the folder. Raises ContractError."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ContractError(f"there are no contracts in {folder}; generate them first")
    contracts = Contracts()
    for path in paths:
        try:
            contracts += read_contract(path.stem, json.loads(path.read_text()))
        except ValueError as error:
            raise ContractError(f"{path.name} is not JSON: {error}") from error
    return contracts


def read_state(out: Path) -> Snapshot | None:
    """Read the snapshot of an earlier run, or None. Raises ValueError when the file is damaged."""
    path = out / STATE_FILE
    if not path.exists():
        return None
    try:
        return Snapshot.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} is damaged; remove it to start without: {error}") from error


def write_bootstrap(settings: Settings, contracts: Contracts, *, bare: bool = False) -> Path:
    """Write the file Envoy starts with, and return its path. Until told otherwise this replica is alone."""
    path = settings.out.absolute() / BOOTSTRAP_FILE
    content = render.build_bootstrap(settings, contracts.shapes, path.parent, bare=bare)
    replace_file(path, _encode(content))
    if not (path.parent / WATCHED_FOLDER / MEMBERS_FILE).exists():
        write_members(settings, ["127.0.0.1"])
    return path


def write_members(settings: Settings, addresses: Sequence[str]) -> bool:
    """Write the addresses of the gateway's replicas; False when they have not changed."""
    path = settings.out.absolute() / WATCHED_FOLDER / MEMBERS_FILE
    return replace_file(path, _encode(render.build_members(sorted(addresses), settings.port)))


def write_dynamic(
    settings: Settings, contracts: Contracts, snapshot: Snapshot | None, *, bare: bool = False
) -> list[str]:
    """Write the files Envoy watches, after the state, and return the names of those that changed.

    Without a snapshot an existing route file stays: it was written with one.
    """
    out = settings.out.absolute()
    route_file = out / WATCHED_FOLDER / ROUTES_FILE
    contents: dict[Path, str] = {}
    if snapshot:
        contents[out / STATE_FILE] = snapshot.model_dump_json()
    contents[out / WATCHED_FOLDER / CLUSTERS_FILE] = _encode(render.build_clusters(settings))
    if snapshot or bare or not route_file.exists():
        tracing = bool(settings.otlp_endpoint)
        contents[route_file] = _encode(render.build_routes(contracts, snapshot, tracing=tracing, bare=bare))
    return [path.name for path, content in contents.items() if replace_file(path, content)]


def replace_file(path: Path, content: str) -> bool:
    """Replace the file at once; False when it already has this content."""
    if path.exists() and path.read_text() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # The temporary file lies beside the watched folder, so that Envoy sees only the finished one.
    folder = path.parent.parent if path.parent.name == WATCHED_FOLDER else path.parent
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _encode(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
