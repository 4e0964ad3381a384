"""The URIs a service may register (RFC 9700 section 4.1.1, RFC 8252 section 7.3, RFC 3986).

Each URI has one accepted spelling. One that a browser or another library could read differently is refused,
so that comparing character by character is enough.
"""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

import idna

MAX_LENGTH = 1_000
MAX_URIS = 20
_MAX_HOST = 253
_MAX_PORT = 65_535
# RFC 3986 section 2: what may stand in a URI; a percent sign stands before two hexadecimal digits.
_URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label that makes browsers read an IPv4 address
_ENCODED_PATH_CHARACTERS = re.compile(r"%(?:2e|2f|5c|00)", re.IGNORECASE)  # . / \ and NUL, percent-encoded
_DEFAULT_PORTS = {"https": "443", "http": "80"}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "[::1]"})
# RFC 8252 section 7.1: a domain the other way round, so that apps do not meet; no host, so one slash.
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:/(?!/)")
# RFC 6761, RFC 6762, ICANN's .internal: names that mean something else in every network.
_NOT_PUBLIC = frozenset({"localhost", "local", "internal", "invalid", "test", "onion"})
_RESPONSE_PARAMETERS = frozenset(
    {
        "code",
        "state",
        "iss",
        "error",
        "error_description",
        "error_uri",
        "id_token",
        "access_token",
        "response",
    }
)


def find_redirect_fault(uri: str, *, live: bool, native: bool = False) -> str | None:
    """Find why this cannot be a redirect URI of a service, or None.

    A live service has https at a public name; in the sandbox also http on the developer's own machine. A
    native app (RFC 8252) may also have a scheme of its own or a loopback address, live too, but not
    ``localhost``, which may lead to another machine.
    """
    if native:
        return next(_find_faults(uri, loopback=_LOOPBACK_ADDRESSES, own_scheme=True), None)
    return next(_find_faults(uri, loopback=frozenset() if live else LOOPBACK), None)


def get_origin(uri: str) -> str:
    """Get the origin of an http(s) URI (RFC 6454)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def find_server_fault(uri: str) -> str | None:
    """Find why we may not call this URI, or None: it must be https at a public name, without a query.

    The address of the name is checked when it is called.
    """
    return next(_find_faults(uri), None) or ("must have no query" if "?" in uri else None)


def is_local_http(uri: str) -> bool:
    """Whether it is http at this machine, plainly written: for trying things out on a laptop."""
    if not uri.startswith("http://") or "?" in uri or next(_find_faults(uri, loopback=LOOPBACK), None):
        return False
    return _split_netloc(urlsplit(uri).netloc)[0] in LOOPBACK


def _find_faults(
    uri: str, *, loopback: frozenset[str] = frozenset(), own_scheme: bool = False
) -> Iterator[str]:
    if not 0 < len(uri) <= MAX_LENGTH:
        yield f"must be 1 to {MAX_LENGTH} characters"
    elif not uri.isascii():
        yield "must be ASCII: write the name of the host in punycode (xn--) and percent-encode the rest"
    elif "*" in uri:
        yield "must have no wildcard: register every URI in full"
    elif not _URI_CHARACTERS.fullmatch(uri):
        yield "has a character, or a percent sign, that cannot stand in a URI"
    elif "#" in uri:
        yield "must have no fragment"
    else:
        yield from _find_part_faults(uri, loopback, own_scheme=own_scheme)


def _find_part_faults(uri: str, loopback: frozenset[str], *, own_scheme: bool) -> Iterator[str]:
    try:
        parts = urlsplit(uri)
    except ValueError:
        yield "is not a URI"
        return
    if own_scheme and _OWN_SCHEME.match(uri):
        yield from _find_path_faults(parts)
    elif not uri.startswith(("https://", "http://")):
        alternative = (
            ", or with a scheme that has a dot and one slash (uk.gov.citytown.app:/)" if own_scheme else ""
        )
        yield f"must be absolute and begin with https://{alternative}, in lower case"
    elif "@" in parts.netloc:
        yield "must have no user before the host"
    else:
        yield from _find_host_faults(parts, loopback)
        yield from _find_path_faults(parts)


def _find_path_faults(parts: SplitResult) -> Iterator[str]:
    if _ENCODED_PATH_CHARACTERS.search(parts.path) or {".", ".."} & set(parts.path.split("/")):
        yield "must have no dot segments, and no dot, slash or NUL that is percent-encoded"
    yield from _find_query_faults(parts.query)


def _find_host_faults(parts: SplitResult, loopback: frozenset[str]) -> Iterator[str]:
    host, port = _split_netloc(parts.netloc)
    if port is not None and not (_PORT.fullmatch(port) and int(port) <= _MAX_PORT):
        yield f"must have a port from 1 to {_MAX_PORT}, without leading zeros"
    elif port is not None and port == _DEFAULT_PORTS[parts.scheme]:
        yield f"must leave out the port {port}, which goes without saying"
    if host in loopback:
        return
    if parts.scheme != "https":
        where = f", or http on this machine ({', '.join(sorted(loopback))})" if loopback else ""
        yield f"must be https{where}"
    if fault := find_host_fault(host):
        yield fault


def _split_netloc(netloc: str) -> tuple[str, str | None]:
    """Split host and port, as they are written."""
    if netloc.startswith("["):
        host, bracket, rest = netloc.partition("]")
        return host + bracket, (rest[1:] if rest[0] == ":" else "") if rest else None
    host, colon, port = netloc.partition(":")
    return host, port if colon else None


def find_host_fault(host: str) -> str | None:
    """Find why this is not the name of a host in public DNS, or None."""
    labels = host.split(".")
    if host != host.lower():
        return "must have its host in lower case"
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        return "must have a host that is a DNS name, with no dot at its end"
    if _NUMERIC.fullmatch(labels[-1]):
        return "must have a host with a name, not an address"
    if len(labels) == 1 or labels[-1] in _NOT_PUBLIC:
        return "must have a host that is found in public DNS"
    if not all(_is_valid_label(label) for label in labels):
        return "must have a host whose xn-- labels are valid punycode (IDNA 2008)"
    return None


def _is_valid_label(label: str) -> bool:
    """Whether a label is plain, or valid punycode in its one right spelling."""
    if label[2:4] != "--":
        return True
    try:
        return idna.alabel(idna.ulabel(label)).decode() == label
    except UnicodeError:
        return False


def _find_query_faults(query: str) -> Iterator[str]:
    try:
        names = [name for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=20)]
    except ValueError:
        yield "has too many parameters"
        return
    if len(set(names)) != len(names):
        yield "must not have a parameter twice"
    if reserved := sorted(_RESPONSE_PARAMETERS & set(names)):
        yield f"must not have the parameter {reserved[0]}, which the answer brings"
