"""The issuer's metadata (RFC 8414, OpenID Connect Discovery 1.0)."""

from typing import Any

from identity.grants.actions.subjects import IDENTITY_SCOPES
from identity.shared.oauth import (
    assertions,
    authorization_requests,
    claims,
    relying_party,
    scopes,
    token_requests,
    vectors,
)
from identity.shared.rules import crypto

_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
_WITH_PUBLIC = [*_METHODS, relying_party.NO_SECRET]


def build_metadata(issuer: str) -> dict[str, Any]:
    """Build the issuer's metadata, for both discovery documents."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}authorize",
        "token_endpoint": f"{issuer}token",
        "userinfo_endpoint": f"{issuer}userinfo",
        "jwks_uri": f"{issuer}.well-known/jwks.json",
        "pushed_authorization_request_endpoint": f"{issuer}par",
        "introspection_endpoint": f"{issuer}introspect",
        "revocation_endpoint": f"{issuer}revoke",
        "end_session_endpoint": f"{issuer}logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": [*sorted(IDENTITY_SCOPES), *scopes.CATALOGUE],
        "claims_supported": ["sub", *claims.SUPPORTED],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(token_requests.GRANT_TYPES),
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": list(vectors.CREDENTIAL_LEVELS),
        "prompt_values_supported": sorted(authorization_requests.PROMPTS),
        "ui_locales_supported": list(authorization_requests.LANGUAGES),
        "id_token_signing_alg_values_supported": list(crypto.ALGORITHMS),
        "request_object_signing_alg_values_supported": list(assertions.ALGORITHMS),
        "token_endpoint_auth_methods_supported": _WITH_PUBLIC,
        "token_endpoint_auth_signing_alg_values_supported": list(assertions.ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": _METHODS,
        "revocation_endpoint_auth_methods_supported": _WITH_PUBLIC,
        "code_challenge_methods_supported": ["S256"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
    }
