"""TLS contexts for httpx clients that are made for one call."""

import ssl
from functools import cache

import httpx


@cache
def tls_context(*, trust_env: bool = True) -> ssl.SSLContext:
    """Make the context httpx would make for each client: once a process, as it takes 25 ms.

    ``trust_env``: whether ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name the authorities.
    """
    return httpx.create_ssl_context(trust_env=trust_env)
