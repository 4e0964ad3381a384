"""House rules as tests: they hold for every service there is and every one that will be."""

import importlib
import os
from pathlib import Path

import pytest

NAMES = ("address", "payments", "casework", "mapping", "identity")
ROOT = Path(__file__).parents[2]


def service_of(name):
    return importlib.import_module(f"{name}.app").service


@pytest.fixture(scope="module", params=NAMES)
def service(request):
    return service_of(request.param)


@pytest.fixture(scope="session", autouse=True)
def master_key():
    """Identity keeps its signing keys under a master key; any will do here."""
    os.environ.setdefault("IDENTITY_MASTER_KEY", "guards-only-master-key-guards-only")
