"""The services there are, loaded without a server, a database or the network."""

import importlib
from pathlib import Path

from chassis.app import Service

ROOT = Path(__file__).parents[2]


def names() -> list[str]:
    """Every capability: the folders of ``services/`` that hold an app."""
    return sorted(app.parent.name for app in ROOT.glob("services/*/src/*/app.py"))


def load(name: str) -> Service:
    """The service as its ``app.py`` puts it together."""
    service: Service = importlib.import_module(f"{name}.app").service
    return service


def every() -> list[Service]:
    return [load(name) for name in names()]
