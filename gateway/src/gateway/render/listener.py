"""The listener and its HTTP connection manager."""

from gateway.render import denials, limits, telemetry, tokens
from gateway.render.protos import Json, endpoint, named
from gateway.render.replies import replies
from gateway.render.routes import BUFFER, LONGEST, MAX_BODY, NAME
from gateway.settings import Settings

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_TLS = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


def listener(settings: Settings, route_source: Json, *, bare: bool) -> Json:
    """The one listener; TLS where a certificate is set."""
    manager = _manager(settings, route_source, bare=bare)
    chain: Json = {"filters": [named("http", _MANAGER, **manager)]}
    if settings.tls_certificate and settings.tls_key:
        chain["transport_socket"] = named("tls", _TLS, **_tls(settings))
    return {
        "name": "gateway",
        "address": endpoint(settings.host, settings.port),
        "per_connection_buffer_limit_bytes": 65_536,
        "filter_chains": [chain],
    }


def _manager(settings: Settings, route_source: Json, *, bare: bool) -> Json:
    return {
        "stat_prefix": "gateway",
        "rds": {"route_config_name": NAME, "config_source": route_source},
        "http_filters": [_router()] if bare else [*_filters(settings), _router()],
        **_EDGE,
        **telemetry.request_log(),
        **telemetry.tracing(settings),
        "xff_num_trusted_hops": settings.trusted_hops,
        "local_reply_config": replies(),
    }


def _filters(settings: Settings) -> list[Json]:
    """In the order of the request. What a filter may do more or less on a route is in the route file."""
    return [
        limits.any_filter(settings),
        tokens.http_filter(settings),
        denials.http_filter(),
        limits.limit_filter(settings),
        named(BUFFER, "envoy.extensions.filters.http.buffer.v3.Buffer", max_request_bytes=MAX_BODY),
    ]


def _router() -> Json:
    """Without the statistics by status and the x-envoy- headers, which cost more than the token check."""
    return named(
        "router",
        "envoy.extensions.filters.http.router.v3.Router",
        dynamic_stats=False,
        suppress_envoy_headers=True,
    )


# What an edge facing the open internet needs (Envoy's own advice), and the bounds of a request.
_EDGE: Json = {
    "server_name": "townhall",
    "use_remote_address": True,
    "normalize_path": True,
    "merge_slashes": True,
    "path_with_escaped_slashes_action": "REJECT_REQUEST",
    "max_request_headers_kb": 32,
    "common_http_protocol_options": {
        "idle_timeout": "60s",
        "max_headers_count": 100,
        "max_stream_duration": f"{LONGEST}s",
    },
    "http2_protocol_options": {
        "max_concurrent_streams": 100,
        "initial_stream_window_size": 65_536,
        "initial_connection_window_size": 1_048_576,
    },
    "request_headers_timeout": "60s",
    "stream_idle_timeout": "60s",
    "always_set_request_id_in_response": True,
}


def _tls(settings: Settings) -> Json:
    """The certificate is read again when a new one is moved into its folder."""
    certificate, key = settings.tls_certificate, settings.tls_key
    assert certificate is not None  # noqa: S101 - the caller looked
    return {
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificates": [
                {
                    "certificate_chain": {"filename": str(certificate.absolute())},
                    "private_key": {"filename": str(key.absolute() if key else "")},
                    "watched_directory": {"path": str(certificate.absolute().parent)},
                }
            ],
        }
    }
