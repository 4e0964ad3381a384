"""What a sign-in counts for, how strong it must be, and where it returns to."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession, SessionRecord
from identity.shared.oauth.vectors import NO_IDENTITY

ACCOUNT = "/identity/account"
SIGN_IN = "/identity/sign-in"

PAGE_PATTERN = (
    r"^(email|phone|text|password|passkeys|authenticator|recovery-codes|close|identity|history|upstreams"
    r"|mandates(/(code|[0-9a-hjkmnp-tv-z]{26}))?)$"
)
"""Pages of the account that a sign-in returns to; of mandates also that of one, and where a code is typed."""
_PAGE = re.compile(PAGE_PATTERN)


def read_page(path: str) -> str | None:
    """Read the page of the account, or the one it lies under, from a path; None for other pages."""
    parts = path.removeprefix(f"{ACCOUNT}/").split("/")
    pages = ("/".join(parts[:length]) for length in (2, 1))
    return next((page for page in pages if _PAGE.fullmatch(page)), None)


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """What a client asks of a sign-in.

    ``council`` is a slug, ``region`` for a client of the whole region. ``origin``: of the client's site,
    where the browser goes in the end. ``identity``: the level of proof of identity that the client asks for.
    """

    client_id: str
    client_name: str
    council: str
    level: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    language: str | None
    origin: str
    identity: str = NO_IDENTITY

    @property
    def needs_new_sign_in(self) -> bool:
        """Whether the person must sign in again although they are signed in already."""
        return self.max_age is not None or bool({"login", "select_account"} & self.prompt)


@dataclass(frozen=True, slots=True)
class ReturnTo:
    """Where a sign-in returns to: a client's request, or a page of the account. It travels in the address.

    ``request_id`` stands for the client's request; ``sign_in_request`` is that request, if it is known
    and recent enough. ``council``: the slug of the council whose page the sign-in is on, if it is one's.
    """

    request_id: str | None
    page: str | None
    sign_in_request: SignInRequest | None = None
    council_name: str = ""
    council: str | None = None

    def at(self, path: str) -> str:
        """Write the address of one of our pages, in the same sign-in."""
        query = {"request": self.request_id, "then": self.page}
        if self.request_id is None:
            query["council"] = self.council
        encoded = urlencode({name: value for name, value in query.items() if value})
        return f"{path}?{encoded}" if encoded else path

    @property
    def is_known(self) -> bool:
        """Whether it returns to anything but the account itself."""
        return bool(self.request_id or self.page)

    @property
    def destination(self) -> str:
        """Where the browser goes once the person is signed in: one of our own pages, whatever was asked."""
        if self.request_id:
            return f"/identity/authorize/continue?{urlencode({'request': self.request_id})}"
        return f"{ACCOUNT}/{self.page}" if self.page and _PAGE.fullmatch(self.page) else ACCOUNT


def sign_in_at(record: SessionRecord | None, council: str | None) -> BrowserSession | None:
    """Tell what a session counts for at a council, or with None on the pages of the region.

    The account's own means count everywhere. A council's upstream counts at that council alone, whatever
    ``amr`` or ``acr`` it claims: who runs it could sign in there as anybody linked with it. None: nobody is
    signed in there.
    """
    if record is None:
        return None
    upstreams = [upstream for upstream in record.upstreams if upstream.council == council]
    times = [upstream.authenticated_at for upstream in upstreams]
    if record.own_at is not None:
        times.append(record.own_at)
    if not times:
        return None
    methods = record.own_methods | {upstream.method for upstream in upstreams}
    return BrowserSession(
        record.account,
        record.session,
        methods,
        max(times),
        record.language,
        frozenset(upstream.upstream for upstream in upstreams),
    )


def needs_step_up(request: SignInRequest | None, record: SessionRecord | None) -> bool:
    """Tell whether the client asks for two factors and the person has signed in there with one."""
    person = sign_in_at(record, request.council if request is not None else None)
    if request is None or person is None:
        return False
    return request.level == factors.TWO_FACTORS != factors.level(person.methods)
