"""Redirect URIs: which are taken, and how an answer is written on one; ``rules.uris`` has which may register.

RFC 9700 section 4.1: compared character by character, but for the port of a loopback address.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

MAX_LENGTH = 2_000
_PORT = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(?=[/?]|$)")


def is_registered(uri: str | None, own: Iterable[str]) -> bool:
    """Whether ``uri`` is exactly one of the client's; on a loopback address any port (RFC 8252 7.3)."""
    if uri is None or len(uri) > MAX_LENGTH:
        return False
    return any(uri == one or (_PORT.match(one) and _without_port(uri) == _without_port(one)) for one in own)


def _without_port(uri: str) -> str:
    return _PORT.sub(r"http://\1", uri)


def build_csp_source(uri: str) -> str:
    """Where a URI leads, as a Content-Security-Policy names it.

    A scheme of an app's own has no host, and the policy no word for an IPv6 address.
    """
    parts = urlsplit(uri)
    whole = parts.netloc and not parts.netloc.startswith("[")
    return f"{parts.scheme}://{parts.netloc}" if whole else f"{parts.scheme}:"


def add_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """The URI with the parameters that are not None added to its query."""
    parts = urlsplit(uri)
    given = urlencode({name: value for name, value in parameters.items() if value is not None})
    query = f"{parts.query}&{given}" if parts.query else given
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
