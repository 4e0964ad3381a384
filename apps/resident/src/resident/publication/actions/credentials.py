"""The credentials by which this app publishes: a client of each council, which may change case types."""

import json
from pathlib import Path
from typing import Any

from townhall_client import AsyncTownhall, ClientSecret, Credential, PrivateKeyJwt

PUBLISHER = "publisher"


def open_publisher(file: Path, gateway: str, council: str) -> AsyncTownhall | None:
    """Open a council's client for publishing; None where it has none. Blocking: reads the file."""
    if not file.exists():
        return None
    clients: dict[str, Any] = json.loads(file.read_text())
    keys = clients.get(council, {}).get(PUBLISHER)
    return None if keys is None else AsyncTownhall(gateway, council, _read_credential(keys))


def list_publishers(file: Path) -> list[str]:
    """List the councils that have a client for publishing. Blocking."""
    clients: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return sorted(council for council, keys in clients.items() if PUBLISHER in keys)


def _read_credential(keys: dict[str, Any]) -> Credential:
    if "key" in keys:
        return PrivateKeyJwt(keys["client_id"], keys["key"])
    return ClientSecret(keys["client_id"], keys["secret"])
