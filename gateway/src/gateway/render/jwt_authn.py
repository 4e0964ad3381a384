"""The token check: signature, issuer, audience and expiry. Services check again, and more.

Envoy remembers a token that passed: a look-up costs a tenth of an ES256 check.
"""

from gateway.render.claim_headers import ISSUED_AT, REVOCABLE
from gateway.render.clusters import ISSUER
from gateway.render.protos import Json, build_extension, pack_any
from gateway.settings import Settings

FILTER = "tokens"

_JWT_AUTHN = "envoy.extensions.filters.http.jwt_authn.v3."
_PROVIDER = "identity"
_OPTIONAL = "optional"
_JWKS_PATH = "/identity/.well-known/jwks.json"
_CACHE_SIZE = 5_000
_MAX_CACHED_TOKEN = 4_096


def build_jwt_filter(settings: Settings) -> Json:
    """Build the filter. It requires a valid token, unless the route makes tokens optional."""
    return build_extension(
        FILTER,
        _JWT_AUTHN + "JwtAuthentication",
        providers={_PROVIDER: _build_provider(settings)},
        rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": _PROVIDER}}],
        requirement_map={
            _OPTIONAL: {
                "requires_any": {"requirements": [{"provider_name": _PROVIDER}, {"allow_missing": {}}]}
            }
        },
        # Envoy's own 401 repeats the whole URL in WWW-Authenticate, and with it a key in the query.
        strip_failure_response=True,
    )


def make_token_optional() -> Json:
    """Build a route's exception: a request needs no token, but a wrong token is still refused."""
    return pack_any(_JWT_AUTHN + "PerRouteConfig", requirement_name=_OPTIONAL)


def _build_provider(settings: Settings) -> Json:
    return {
        "issuer": settings.issuer,
        "audiences": [settings.audience],
        "remote_jwks": _build_remote_jwks(settings),
        "from_headers": [
            # Envoy looks for the prefix anywhere in the value: this finds `bearer` too (RFC 9110, 11.1).
            {"name": "Authorization", "value_prefix": "earer "},
            {"name": "X-Api-Key"},
            {"name": "key"},
        ],
        "from_params": ["key"],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": 5,
        "jwt_cache_config": {"jwt_cache_size": _CACHE_SIZE, "jwt_max_token_size": _MAX_CACHED_TOKEN},
        "claim_to_headers": [
            *({"header_name": header, "claim_name": claim} for claim, header in REVOCABLE.items()),
            {"header_name": ISSUED_AT, "claim_name": "iat"},
        ],
    }


def _build_remote_jwks(settings: Settings) -> Json:
    """Build the source of the issuer's keys. The listener does not wait for identity to start."""
    uri = settings.identity_base_urls[0].rstrip("/") + _JWKS_PATH
    return {
        "http_uri": {"uri": uri, "cluster": ISSUER, "timeout": "3s"},
        "cache_duration": f"{settings.keys_age}s",
        "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
    }
