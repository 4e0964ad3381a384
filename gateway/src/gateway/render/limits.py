"""Rate limits: token buckets held in Envoy's memory, one for each credential and each client address.

The buckets stand in the listener, not in the routes: a route file that changes must not fill them again.
"""

from gateway.render.denials import CLIENT
from gateway.render.protos import Json, header, named
from gateway.settings import Settings

ANY = "any-limit"
LIMIT = "limit"
TOKEN_PATH = "/identity/token"  # noqa: S105 - a path

_LOCAL = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
# Buckets remembered, the longest unused forgotten first.
_BUCKETS = 50_000
_ALWAYS: Json = {"default_value": {"numerator": 100}}
# An IPv6 client has a whole /64 to itself: it is one address.
_ADDRESS: Json = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
_ADDRESS_KEY: Json = {"key": "masked_remote_address"}
# Every bucket gains at least one request a second, so this is true of each.
_RETRY = header("retry-after", "1", "OVERWRITE_IF_EXISTS_OR_ADD")


def any_filter(settings: Settings) -> Json:
    """Before the token check, which is dear: everything that one address sends."""
    bucket = _bucket([{"key": "remote_address"}], settings.any_rate, settings.any_burst)
    return _filter(ANY, [{"actions": [{"remote_address": {}}]}], [bucket], tell=False)


def limit_filter(settings: Settings) -> Json:
    """After the token check: by credential, or by address where there is none; the token endpoint apart."""
    credential = {"request_headers": {"header_name": CLIENT, "descriptor_key": "credential"}}
    anonymous = _when("anonymous", {"name": CLIENT, "present_match": True}, expected=False)
    token = _when("token", {"name": ":path", "string_match": {"prefix": TOKEN_PATH}}, expected=True)
    return _filter(
        LIMIT,
        [{"actions": [credential]}, {"actions": [anonymous, _ADDRESS]}, {"actions": [token, _ADDRESS]}],
        [
            _bucket([{"key": "credential"}], settings.credential_rate, settings.credential_burst),
            _bucket([_is("anonymous"), _ADDRESS_KEY], settings.address_rate, settings.address_burst),
            _bucket([_is("token"), _ADDRESS_KEY], settings.token_rate, settings.token_burst),
        ],
        tell=True,
    )


def _filter(name: str, actions: list[Json], buckets: list[Json], *, tell: bool) -> Json:
    """``tell`` adds X-RateLimit-Limit, -Remaining and -Reset to every answer."""
    return named(
        name,
        _LOCAL,
        stat_prefix=name.replace("-", "_"),
        rate_limits=actions,
        descriptors=buckets,
        max_dynamic_descriptors=_BUCKETS,
        # Required, and used by nothing: every request falls into one of the buckets above.
        token_bucket=_fill(1, 1),
        always_consume_default_token_bucket=False,
        filter_enabled=_ALWAYS,
        filter_enforced=_ALWAYS,
        enable_x_ratelimit_headers="DRAFT_VERSION_03" if tell else "OFF",
        response_headers_to_add=[_RETRY],
    )


def _when(key: str, condition: Json, *, expected: bool) -> Json:
    return {
        "header_value_match": {
            "descriptor_key": key,
            "descriptor_value": "yes",
            "expect_match": expected,
            "headers": [condition],
        }
    }


def _is(key: str) -> Json:
    return {"key": key, "value": "yes"}


def _bucket(entries: list[Json], rate: int, burst: int) -> Json:
    return {"entries": entries, "token_bucket": _fill(rate, max(rate, burst))}


def _fill(rate: int, size: int) -> Json:
    return {"max_tokens": size, "tokens_per_fill": rate, "fill_interval": "1s"}
