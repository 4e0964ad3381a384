"""HTTP clients of the simulator."""

import ssl
from functools import cache
from typing import Any

import httpx


@cache
def _tls_context() -> ssl.SSLContext:
    """Make the context once: httpx takes 25 ms to make one for each client."""
    return httpx.create_ssl_context(trust_env=False)


def open_client(**options: Any) -> httpx.AsyncClient:
    """Open a client that reads no proxy from the environment."""
    return httpx.AsyncClient(trust_env=False, verify=_tls_context(), **options)
