"""Where each simulated provider's endpoints lie, and what its discovery says."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulators.openid_provider.clients import ALGORITHMS, Kind

VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = f"{VOCABULARY}coreIdentityJWT"
ADDRESS = f"{VOCABULARY}address"
RETURN_CODE = f"{VOCABULARY}returnCode"
IDENTITY_CLAIMS = (CORE_IDENTITY, ADDRESS, RETURN_CODE)
SCOPES = {
    "onelogin": ("openid", "email", "phone"),
    "directory": ("openid", "profile", "email", "offline_access"),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's addresses. ``did`` is One Login's alone."""

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
        """Where its metadata lie."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def algorithm(self) -> str:
        """How it signs."""
        return "ES256" if self.kind == "onelogin" else "RS256"


def one_login(url: str) -> Provider:
    """GOV.UK One Login, whose issuer ends with a slash."""
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
    """A tenant of the directory; the paths are Entra ID's."""
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
    """Its discovery document: what there is, and no more."""
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
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS[provider.kind]),
        "code_challenge_methods_supported": ["S256"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
    return common | (_of_one_login() if provider.kind == "onelogin" else _of_directory())


def _of_one_login() -> dict[str, Any]:
    known = ["sub", "email", "email_verified", "phone_number", "phone_number_verified", *IDENTITY_CLAIMS]
    return {
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "claims_supported": known,
        "claims_parameter_supported": True,
        "ui_locales_supported": ["en", "cy"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": False,
    }


def _of_directory() -> dict[str, Any]:
    known = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "tid", "oid", "ver", "at_hash"]
    ways = ["client_secret_post", "client_secret_basic", "private_key_jwt"]
    return {
        "token_endpoint_auth_methods_supported": ways,
        "claims_supported": [*known, "preferred_username", "email", "groups"],
        "http_logout_supported": False,
    }
