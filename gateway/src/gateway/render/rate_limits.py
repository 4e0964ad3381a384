"""Rate limits: token buckets in Envoy's memory, one for each credential and each client address.

The buckets belong to the listener, not to the routes: a changed route file must not fill them again.
"""

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
# Every bucket gains at least one request a second, so one second is enough for each.
_RETRY_AFTER = build_header("retry-after", "1", "OVERWRITE_IF_EXISTS_OR_ADD")


def build_any_filter(settings: Settings) -> Json:
    """Limit all requests of one address. It stands before the token check, which is expensive."""
    bucket = _build_bucket([{"key": "remote_address"}], settings.any_rate, settings.any_burst)
    actions: list[Json] = [{"actions": [{"remote_address": {}}]}]
    return _build_filter(ANY_FILTER, actions, [bucket], show_headers=False)


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
        show_headers=True,
    )


def _build_filter(name: str, actions: list[Json], buckets: list[Json], *, show_headers: bool) -> Json:
    """``show_headers`` adds X-RateLimit-Limit, -Remaining and -Reset to every answer."""
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
        enable_x_ratelimit_headers="DRAFT_VERSION_03" if show_headers else "OFF",
        response_headers_to_add=[_RETRY_AFTER],
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
