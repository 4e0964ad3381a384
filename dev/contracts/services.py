"""The services in this repository, loaded without a server, a database or the network."""

import importlib
from pathlib import Path

from chassis.app import Service

ROOT = Path(__file__).parents[2]


def list_names() -> list[str]:
    """List every service's name: the packages of ``services/`` and ``apps/`` that hold an app."""
    return sorted(
        app.parent.name for folder in ("services", "apps") for app in ROOT.glob(f"{folder}/*/src/*/app.py")
    )


def load_services() -> list[Service]:
    """Load every service, as its ``app.py`` composes it."""
    return [importlib.import_module(f"{name}.app").service for name in list_names()]
