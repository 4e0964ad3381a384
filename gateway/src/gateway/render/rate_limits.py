"""Rate limits: token buckets in Envoy's memory, one for each credential and each client address.

The buckets belong to the listener, not to the routes: a changed route file must not fill them again.
"""

import math
from collections.abc import Sequence

from gateway.render.claim_headers import CLIENT
from gateway.render.protos import Json, build_extension, build_header
from gateway.settings import Settings

ANY_FILTER = "any-limit"
FILTER = "limit"
TOKEN_PATH = "/identity/token"  # noqa: S105 - a path

_LOCAL_RATE_LIMIT = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
# Envoy remembers so many buckets and forgets the one unused longest.
_MAX_BUCKETS = 50_000
_ALWAYS: Json = {"default_value": {"numerator": 100}}
# An IPv6 client usually has a /64 to itself, so a /64 counts as one address.
_ADDRESS: Json = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
_ADDRESS_ENTRY: Json = {"key": "masked_remote_address"}


def build_any_filter(settings: Settings) -> Json:
    """Limit all requests of one address. It stands before the token check, which is expensive."""
    bucket = _build_bucket([{"key": "remote_address"}], settings.any_rate, settings.any_burst)
    actions: list[Json] = [{"actions": [{"remote_address": {}}]}]
    headers = describe_limit("any", settings.any_rate, settings.any_burst)
    return _build_filter(ANY_FILTER, actions, [bucket], headers)


def build_limit_filter(settings: Settings) -> Json:
    """Limit each credential, each address without one, and the token endpoint. After the token check."""
    credential = {"request_headers": {"header_name": CLIENT, "descriptor_key": "credential"}}
    anonymous = _match_header("anonymous", {"name": CLIENT, "present_match": True}, expect_match=False)
    token_path = {"name": ":path", "string_match": {"prefix": TOKEN_PATH}}
    token = _match_header("token", token_path, expect_match=True)
    return _build_filter(
        FILTER,
        [{"actions": [credential]}, {"actions": [anonymous, _ADDRESS]}, {"actions": [token, _ADDRESS]}],
        [
            _build_bucket([{"key": "credential"}], settings.credential_rate, settings.credential_burst),
            _build_bucket(
                [_build_entry("anonymous"), _ADDRESS_ENTRY], settings.address_rate, settings.address_burst
            ),
            _build_bucket([_build_entry("token"), _ADDRESS_ENTRY], settings.token_rate, settings.token_burst),
        ],
    )


def describe_limit(name: str, rate: int, burst: int) -> list[tuple[str, str]]:
    """Write the headers of a 429 (draft-ietf-httpapi-ratelimit-headers).

    The quota is what the bucket holds, its window the time in which an empty one is full again. Every bucket
    gains at least one request a second, so one second is enough to wait.
    """
    size = max(rate, burst)
    return [
        ("retry-after", "1"),
        ("ratelimit-policy", f'"{name}";q={size};w={math.ceil(size / rate)}'),
        ("ratelimit", f'"{name}";r=0;t=1'),
    ]


def _build_filter(
    name: str, actions: list[Json], buckets: list[Json], headers: Sequence[tuple[str, str]] = ()
) -> Json:
    """Build a filter; ``headers`` go out with its refusals."""
    return build_extension(
        name,
        _LOCAL_RATE_LIMIT,
        stat_prefix=name.replace("-", "_"),
        rate_limits=actions,
        descriptors=buckets,
        max_dynamic_descriptors=_MAX_BUCKETS,
        # Envoy requires this bucket. No request uses it: each falls into one of the buckets above.
        token_bucket=_build_token_bucket(1, 1),
        always_consume_default_token_bucket=False,
        filter_enabled=_ALWAYS,
        filter_enforced=_ALWAYS,
        local_cluster_rate_limit={},
        response_headers_to_add=[build_header(*header, "OVERWRITE_IF_EXISTS_OR_ADD") for header in headers],
    )


def _match_header(key: str, matcher: Json, *, expect_match: bool) -> Json:
    return {
        "header_value_match": {
            "descriptor_key": key,
            "descriptor_value": "yes",
            "expect_match": expect_match,
            "headers": [matcher],
        }
    }


def _build_entry(key: str) -> Json:
    return {"key": key, "value": "yes"}


def _build_bucket(entries: list[Json], rate: int, burst: int) -> Json:
    return {"entries": entries, "token_bucket": _build_token_bucket(rate, max(rate, burst))}


def _build_token_bucket(rate: int, size: int) -> Json:
    return {"max_tokens": size, "tokens_per_fill": rate, "fill_interval": "1s"}
