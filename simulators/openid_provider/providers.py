"""The simulated providers: their endpoints, and their metadata (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulators.openid_provider.clients import Kind

VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = f"{VOCABULARY}coreIdentityJWT"
ADDRESS = f"{VOCABULARY}address"
RETURN_CODE = f"{VOCABULARY}returnCode"
IDENTITY_CLAIMS = (CORE_IDENTITY, ADDRESS, RETURN_CODE)
SCOPES = {
    "onelogin": ("openid", "email", "phone"),
    "directory": ("openid", "profile", "email", "offline_access"),
}
# One Login's metadata name these; of Entra ID's, the documentation names two.
ASSERTION_ALGORITHMS: Mapping[Kind, Sequence[str]] = {
    "onelogin": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "directory": ("RS256", "PS256"),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """The URLs of one provider. Only One Login has a ``did``."""

    kind: Kind
    title: str
    issuer: str
    authorize: str
    token: str
    jwks: str
    userinfo: str
    logout: str
    tenant: str = ""
    did: str = ""

    @property
    def discovery(self) -> str:
        """Return the URL of the metadata."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def algorithm(self) -> str:
        """Return the algorithm that signs its tokens."""
        return "ES256" if self.kind == "onelogin" else "RS256"


def one_login(url: str) -> Provider:
    """Build GOV.UK One Login, whose issuer ends with a slash."""
    return Provider(
        "onelogin",
        "GOV.UK One Login",
        f"{url}/",
        f"{url}/authorize",
        f"{url}/token",
        f"{url}/.well-known/jwks.json",
        f"{url}/userinfo",
        f"{url}/logout",
        did=f"did:web:{urlsplit(url).netloc.replace(':', '%3A')}",
    )


def directory(url: str, tid: str) -> Provider:
    """Build one tenant of the directory, on the paths of Entra ID."""
    oauth = f"{url}/{tid}/oauth2/v2.0"
    return Provider(
        "directory",
        "staff directory",
        f"{url}/{tid}/v2.0",
        f"{oauth}/authorize",
        f"{oauth}/token",
        f"{url}/{tid}/discovery/v2.0/keys",
        f"{url}/{tid}/oidc/userinfo",
        f"{oauth}/logout",
        tenant=tid,
    )


def metadata(provider: Provider) -> dict[str, Any]:
    """Build the metadata, which name only what the simulator supports."""
    common = {
        "issuer": provider.issuer,
        "authorization_endpoint": provider.authorize,
        "token_endpoint": provider.token,
        "jwks_uri": provider.jwks,
        "userinfo_endpoint": provider.userinfo,
        "end_session_endpoint": provider.logout,
        "scopes_supported": list(SCOPES[provider.kind]),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [provider.algorithm],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS[provider.kind]),
        "code_challenge_methods_supported": ["S256"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
    return common | (_one_login_metadata() if provider.kind == "onelogin" else _directory_metadata())


def _one_login_metadata() -> dict[str, Any]:
    claims = ["sub", "email", "email_verified", "phone_number", "phone_number_verified", *IDENTITY_CLAIMS]
    return {
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "claims_supported": claims,
        "claims_parameter_supported": True,
        "ui_locales_supported": ["en", "cy"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": False,
    }


def _directory_metadata() -> dict[str, Any]:
    claims = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "tid", "oid", "ver", "at_hash"]
    methods = ["client_secret_post", "client_secret_basic", "private_key_jwt"]
    return {
        "token_endpoint_auth_methods_supported": methods,
        "claims_supported": [*claims, "preferred_username", "email", "groups"],
        "http_logout_supported": False,
    }
