"""Services and chassis call other servers by ``chassis.outbound`` and by nothing else."""

import ast

import pytest

from tests.guards.sources import ROOT, tracked

LIBRARIES = {"aiohttp", "http.client", "httpcore", "httpx", "requests", "urllib.request", "urllib3"}
# An application in the same process is called by httpx in tests, which chassis.testing is for.
ALLOWED = ("chassis/src/chassis/outbound/", "chassis/src/chassis/testing/")


def find_clients(source):
    """List the HTTP clients that a module imports."""
    imports = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return sorted(
        library for library in LIBRARIES if any(f"{name}.".startswith(f"{library}.") for name in imports)
    )


def test_nobody_else_makes_an_http_client():
    clients = {
        str(path.relative_to(ROOT)): find_clients(path.read_text())
        for path in tracked("services/*/src/*.py", "chassis/src/*.py")
    }
    assert any(path.startswith(ALLOWED) and names for path, names in clients.items())
    assert {path: names for path, names in clients.items() if names and not path.startswith(ALLOWED)} == {}


@pytest.mark.parametrize(
    ("source", "library"),
    [
        ("import httpx", "httpx"),
        ("def call():\n    from httpx import AsyncClient", "httpx"),
        ("import urllib.request as r", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from http.client import HTTPSConnection", "http.client"),
        ("import httpcore._async", "httpcore"),
    ],
)
def test_a_client_is_found(source, library):
    assert find_clients(source) == [library]


def test_other_modules_of_these_packages_are_no_clients():
    assert (
        find_clients("from urllib.parse import urlsplit\nfrom http import HTTPStatus\nimport httptools") == []
    )
