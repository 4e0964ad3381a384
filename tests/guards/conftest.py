"""House rules as tests: they hold for every service there is and every one that will be."""

import importlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.tokens import make_key_source

NAMES = ("address", "payments", "casework", "mapping", "identity", "resident")
ROOT = Path(__file__).parents[2]


def service_of(name):
    return importlib.import_module(f"{name}.app").service


@pytest.fixture(scope="module", params=NAMES)
def service(request, jwks_url):
    """Each service, trusting the test issuer; identity too, which otherwise trusts itself only."""
    service_ = service_of(request.param)
    return replace(service_, keys=lambda _: make_key_source(jwks_url)) if service_.keys else service_


@pytest.fixture(scope="session", autouse=True)
def master_key():
    """Identity keeps its signing keys under a master key; any will do here."""
    os.environ.setdefault("IDENTITY_MASTER_KEY", "Z3VhcmRzLW9ubHktbWFzdGVyLWtleS0zMi1ieXRlcyE")
