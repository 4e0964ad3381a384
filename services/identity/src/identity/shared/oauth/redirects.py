"""Redirect URIs: compare them, and add a response to one. ``rules.uris`` says which may be registered.

They are compared character by character, but for the port of a loopback address (RFC 9700 section 4.1).
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

MAX_LENGTH = 2_000
_PORT = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(?=[/?]|$)")


def is_registered(uri: str | None, registered_uris: Iterable[str]) -> bool:
    """Whether ``uri`` is exactly one that is registered; a loopback address has any port (RFC 8252 7.3)."""
    if uri is None or len(uri) > MAX_LENGTH:
        return False
    return any(
        uri == registered or (_PORT.match(registered) and _without_port(uri) == _without_port(registered))
        for registered in registered_uris
    )


def _without_port(uri: str) -> str:
    return _PORT.sub(r"http://\1", uri)


def build_csp_source(uri: str) -> str:
    """Build the source that allows a URI in a Content-Security-Policy.

    It is the scheme alone for an app's own scheme, which has no host, and for an IPv6 address, which a
    policy cannot name.
    """
    parts = urlsplit(uri)
    has_host = parts.netloc and not parts.netloc.startswith("[")
    return f"{parts.scheme}://{parts.netloc}" if has_host else f"{parts.scheme}:"


def add_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Add the parameters that are not None to the query of a URI."""
    parts = urlsplit(uri)
    added = urlencode({name: value for name, value in parameters.items() if value is not None})
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
