"""The folder of contracts on the disk."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev.contracts.services import ROOT

FOLDER = ROOT / "contracts"
RELEASED = FOLDER / "released"
_OURS = ("openapi/*.json", "events/*.json", "asyncapi.json")


def text(document: Any) -> str:
    """A document as it is written: sorted, indented, in plain letters where it can be."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(folder: Path = FOLDER) -> dict[str, str]:
    """Every contract's text by its path in the folder (``openapi/address.json``)."""
    found = sorted(file for pattern in _OURS for file in folder.glob(pattern))
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in found}


def write(texts: Mapping[str, str], folder: Path = FOLDER) -> list[str]:
    """Make the folder hold exactly these; returns the paths that changed."""
    before = read(folder)
    changed = sorted(path for path in {*before, *texts} if before.get(path) != texts.get(path))
    for path in changed:
        if path not in texts:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(texts[path], encoding="utf-8")
    return changed


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
