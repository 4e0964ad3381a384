"""The TLS context of every call to another server."""

import ssl
from functools import cache


@cache
def tls_context(authorities: str = "") -> ssl.SSLContext:
    """Make the context once a process: it reads a file of authorities, which takes 25 ms.

    ``authorities``: the file of the CAs that are trusted; empty for the system's, or ``SSL_CERT_FILE``.
    """
    return ssl.create_default_context(cafile=authorities or None)
