"""A request to another server, the place it goes to, and the response."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from chassis.outbound.errors import ForbiddenTargetError, StatusError
from chassis.outbound.retries import read_retry_after

_MAX_URI = 4096
_PORTS = {"http": 80, "https": 443}
_SUCCESS = (200, 201, 202, 204)
_REDIRECTS = (301, 302, 303, 307, 308)
_SAFE = frozenset({"GET", "HEAD"})
_IDEMPOTENT = _SAFE | {"DELETE", "OPTIONS", "PUT"}
# What a redirect to another origin must not carry on.
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Reach(Enum):
    """Which addresses a call may connect to."""

    PUBLIC = "public"
    """The internet only: whoever named the URI is a stranger."""
    LOOPBACK = "loopback"
    """This machine only, by http too: a developer's own service."""
    ANYWHERE = "anywhere"
    """Wherever it leads: the operator named the URI in a setting."""


class Target(NamedTuple):
    """Where a request goes, parsed once: nothing reads the URI a second time, and differently."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What the origins of two URIs are compared by."""
        return f"{self.scheme}://{self.authority}"


class Response(NamedTuple):
    """A server's response: its status, which may be an error's, the body, and headers by lower-case names."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server wants to be asked again."""
        return read_retry_after(self.headers.get("retry-after"))

    def require_success(self, host: str = "") -> "Response":
        """Return the response if it is a success. Raises StatusError."""
        if self.status not in _SUCCESS:
            raise StatusError(self.status, host, retry_after=self.retry_after)
        return self


@dataclass(frozen=True, slots=True)
class Request:
    """A request. Its repr shows no header and no body, as they hold secrets."""

    method: str
    uri: str = field(repr=False)
    max_bytes: int = field(repr=False)
    """The largest body of a response that is read."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    reach: Reach = Reach.PUBLIC
    allow_http: bool = False
    seconds: float | None = None
    """For the whole call with its retries; the setting's when None."""
    redirects: int = 0
    """How many are followed, by GET and HEAD only."""
    truncates_body: bool = False
    """Answer the first ``max_bytes`` of a longer body, instead of an error."""

    def __post_init__(self) -> None:
        if self.redirects and self.method not in _SAFE:
            raise ValueError("only GET and HEAD may follow redirects")

    @property
    def is_idempotent(self) -> bool:
        """Whether the request may be sent again: its method is, or the server knows it by its key."""
        names = {name.lower() for name in self.headers}
        return self.method in _IDEMPOTENT or "idempotency-key" in names

    def parse_target(self) -> Target:
        """Parse the URI. Raises ForbiddenTargetError."""
        is_http_allowed = self.allow_http or self.reach is Reach.LOOPBACK
        if not self.uri.startswith(("https://", "http://") if is_http_allowed else "https://"):
            raise ForbiddenTargetError("must be https")
        if len(self.uri) > _MAX_URI:
            raise ForbiddenTargetError(f"is longer than {_MAX_URI:,} characters")
        if not all("!" <= character <= "~" and character != "\\" for character in self.uri):
            raise ForbiddenTargetError("has a character that belongs percent-encoded")
        try:
            parts = urlsplit(self.uri)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ForbiddenTargetError("is not a URI") from None
        if not host or port == 0 or "@" in parts.netloc:
            raise ForbiddenTargetError("needs a host, no user name, and no port 0")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)

    def follow(self, response: Response) -> "Request | None":
        """Return the request that a redirect asks for; None when the response is no redirect."""
        location = response.headers.get("location")
        if response.status not in _REDIRECTS or location is None:
            return None
        try:
            uri = urljoin(self.uri, location)
        except ValueError:
            raise ForbiddenTargetError("redirects to what is not a URI") from None
        following = replace(self, uri=uri)
        if following.parse_target().origin == self.parse_target().origin:
            return following
        headers = {name: text for name, text in self.headers.items() if name.lower() not in _CREDENTIALS}
        return replace(following, headers=headers)
