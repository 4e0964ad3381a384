"""What a publication needs: a name of its binding, and perhaps a second person."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from apps.recipes.bundle import Bundle

_NAME_LENGTH = 12


def name_binding(number: str, digest: str, body: Mapping[str, Any]) -> str:
    """Name the binding of a type that ships, by its text's digest and what is bound: the same is the same."""
    content = json.dumps([digest, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{number}.{hashlib.sha256(content.encode()).hexdigest()[:_NAME_LENGTH]}"


def list_sensitive_changes(before: Bundle | None, after: Bundle) -> list[str]:
    """List what a second person must look at: ``fee``, ``stops``, ``privacy``. ``before`` is what is live."""
    parts = {
        "fee": (before and before.fee, after.fee),
        "stops": (before.stops if before else (), after.stops),
        "privacy": (before and before.privacy, after.privacy),
    }
    return [name for name, (former, new) in parts.items() if former != new]
