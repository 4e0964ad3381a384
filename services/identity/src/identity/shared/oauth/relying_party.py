"""Relying parties: a client's registration to sign people in, and the profile it was written for."""

from dataclasses import dataclass

STANDARD = "standard"
ONELOGIN = "onelogin"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one kind of client. Times in seconds."""

    name: str
    pkce_needed: bool
    state_needed: bool
    nonce_needed: bool
    default_level: str
    authentication: frozenset[str]
    code_seconds: int
    access_seconds: int
    id_token_seconds: int


PROFILES = {
    # OAuth 2.1: PKCE always; a code lives as short as a redirect needs (RFC 9700 section 4.2.4).
    STANDARD: Profile(
        STANDARD,
        pkce_needed=True,
        state_needed=False,
        nonce_needed=False,
        default_level="Cl",
        authentication=frozenset({"client_secret_basic", "client_secret_post", "private_key_jwt"}),
        code_seconds=60,
        access_seconds=600,
        id_token_seconds=600,
    ),
    # docs.sign-in.service.gov.uk: what a service written for GOV.UK One Login expects.
    ONELOGIN: Profile(
        ONELOGIN,
        pkce_needed=False,
        state_needed=True,
        nonce_needed=True,
        default_level="Cl.Cm",
        authentication=frozenset({"client_secret_post", "private_key_jwt"}),
        code_seconds=300,
        access_seconds=180,
        id_token_seconds=120,
    ),
}
REQUEST_SECONDS = 1_800
"""How long a person may take to sign in: a code by e-mail takes its time."""
PUSHED_SECONDS = 90
REFRESH_SECONDS = 30 * 86_400
GRANT_SECONDS = 180 * 86_400
"""However often it is refreshed, a grant ends this long after the person signed in."""
PUBLIC_REFRESH_SECONDS = 7 * 86_400
PUBLIC_GRANT_SECONDS = 30 * 86_400
"""A public client has no other credential than the token: a stolen one ends sooner (RFC 9700 4.14.2)."""
NO_SECRET = "none"  # noqa: S105 - RFC 7591 section 2: a method of authentication
WEB, NATIVE = "web", "native"
"""Kinds of applications (OpenID Connect Dynamic Client Registration 1.0 section 2)."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A client's registration to sign people in. ``profile`` is a key of PROFILES."""

    profile: str
    first_party: bool
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    id_token_alg: str
    par_required: bool
    person_scopes: frozenset[str]
    identity_levels: frozenset[str]
    identity_claims: frozenset[str] = frozenset({"address", "identity"})
    name_cy: str = ""
    public: bool = False

    @property
    def rules(self) -> Profile:
        return PROFILES[self.profile]

    @property
    def authentication(self) -> frozenset[str]:
        """The authentication methods the client may use; none for a public client (OAuth 2.1 section 2.1)."""
        return frozenset({NO_SECRET}) if self.public else self.rules.authentication

    @property
    def refresh_seconds(self) -> tuple[int, int]:
        """How long a refresh token is good, and how long all those of one sign-in together."""
        if self.public:
            return PUBLIC_REFRESH_SECONDS, PUBLIC_GRANT_SECONDS
        return REFRESH_SECONDS, GRANT_SECONDS

    def is_exclusive(self, redirect_uri: str) -> bool:
        """Whether a response to this URI reaches the client and no other.

        Any app on a device may claim a scheme or a port (RFC 8252 section 8.6).
        """
        return not self.public or redirect_uri.startswith("https://")
