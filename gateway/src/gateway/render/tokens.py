"""The token check in front: signature, issuer, audience and expiry. Services check again, and more.

A token that passed is remembered by Envoy, for a look-up costs a tenth of an ES256 check.
"""

from gateway.render.clusters import ISSUER
from gateway.render.denials import HEADERS, ISSUED
from gateway.render.protos import Json, named, typed
from gateway.settings import Settings

FILTER = "tokens"

_MESSAGES = "envoy.extensions.filters.http.jwt_authn.v3."
_PROVIDER = "identity"
_OPTIONAL = "optional"
_KEYS_PATH = "/identity/.well-known/jwks.json"
_REMEMBERED = 5_000
_LONGEST = 4_096


def http_filter(settings: Settings) -> Json:
    """A valid token, unless the route says that none will do as well (``optional``)."""
    return named(
        FILTER,
        _MESSAGES + "JwtAuthentication",
        providers={_PROVIDER: _provider(settings)},
        rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": _PROVIDER}}],
        requirement_map={
            _OPTIONAL: {
                "requires_any": {"requirements": [{"provider_name": _PROVIDER}, {"allow_missing": {}}]}
            }
        },
        # Envoy's own 401 repeats the whole URL in WWW-Authenticate, and with it a key in the query.
        strip_failure_response=True,
    )


def optional() -> Json:
    """Per route: no token is fine, a wrong one is not."""
    return typed(_MESSAGES + "PerRouteConfig", requirement_name=_OPTIONAL)


def _provider(settings: Settings) -> Json:
    return {
        "issuer": settings.issuer,
        "audiences": [settings.audience],
        "remote_jwks": _keys(settings),
        "from_headers": [
            # Envoy looks for these letters anywhere in the value: so `bearer` does as well (RFC 9110, 11.1).
            {"name": "Authorization", "value_prefix": "earer "},
            {"name": "X-Api-Key"},
            {"name": "key"},
        ],
        "from_params": ["key"],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": 5,
        "jwt_cache_config": {"jwt_cache_size": _REMEMBERED, "jwt_max_token_size": _LONGEST},
        # Envoy takes these headers away from what clients send before it fills them.
        "claim_to_headers": [
            *({"header_name": name, "claim_name": claim} for claim, name in HEADERS.items()),
            {"header_name": ISSUED, "claim_name": "iat"},
        ],
    }


def _keys(settings: Settings) -> Json:
    """The issuer's public keys. The listener does not wait for identity, which may start after Envoy."""
    uri = settings.identity.rstrip("/") + _KEYS_PATH
    return {
        "http_uri": {"uri": uri, "cluster": ISSUER, "timeout": "3s"},
        "cache_duration": f"{settings.keys_age}s",
        "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
    }
