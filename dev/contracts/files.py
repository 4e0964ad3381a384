"""The folder of contracts on the disk."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev.contracts.services import ROOT

FOLDER = ROOT / "contracts"
RELEASED = FOLDER / "released"
_GENERATED = ("openapi/*.json", "events/*.json", "asyncapi.json")


def format_document(document: Any) -> str:
    """Format a document for its file: keys sorted, indented, not escaped to ASCII."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_contracts(folder: Path = FOLDER) -> dict[str, str]:
    """Read every contract's text, by its path in the folder (``openapi/address.json``)."""
    paths = sorted(path for pattern in _GENERATED for path in folder.glob(pattern))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def write_contracts(texts: Mapping[str, str], folder: Path = FOLDER) -> list[str]:
    """Write the texts and delete every other contract in the folder; return the paths that changed."""
    before = read_contracts(folder)
    changed = sorted(path for path in {*before, *texts} if before.get(path) != texts.get(path))
    for path in changed:
        if path not in texts:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(texts[path], encoding="utf-8")
    return changed


def compute_digest(text: str) -> str:
    """Compute the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
