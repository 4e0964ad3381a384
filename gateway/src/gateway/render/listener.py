"""The listener and its HTTP connection manager."""

from collections.abc import Sequence

from gateway.contracts import ErrorShape
from gateway.render.filter_exceptions import BUFFER, MAX_BODY
from gateway.render.jwt_authn import build_jwt_filter
from gateway.render.local_replies import build_local_replies
from gateway.render.protos import Json, build_address, build_extension
from gateway.render.rate_limits import build_any_filter, build_limit_filter
from gateway.render.rbac import build_rbac_filter
from gateway.render.routes import MAX_EXCHANGE, NAME
from gateway.render.telemetry import build_access_log, build_tracing
from gateway.settings import Settings

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_TLS = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


def build_listener(
    settings: Settings, shapes: Sequence[ErrorShape], route_source: Json, *, bare: bool
) -> Json:
    """Build the one listener; it speaks TLS where a certificate is set."""
    manager = _build_manager(settings, shapes, route_source, bare=bare)
    chain: Json = {"filters": [build_extension("http", _MANAGER, **manager)]}
    if settings.tls_certificate and settings.tls_key:
        chain["transport_socket"] = build_extension("tls", _TLS, **_build_tls(settings))
    return {
        "name": "gateway",
        "address": build_address(settings.host, settings.port),
        "per_connection_buffer_limit_bytes": 65_536,
        "filter_chains": [chain],
    }


def _build_manager(
    settings: Settings, shapes: Sequence[ErrorShape], route_source: Json, *, bare: bool
) -> Json:
    return {
        "stat_prefix": "gateway",
        "rds": {"route_config_name": NAME, "config_source": route_source},
        "http_filters": [_build_router()] if bare else [*_build_filters(settings), _build_router()],
        **_EDGE,
        **build_access_log(),
        **build_tracing(settings),
        "xff_num_trusted_hops": settings.trusted_hops,
        "local_reply_config": build_local_replies(settings, shapes),
    }


def _build_filters(settings: Settings) -> list[Json]:
    """Build the filters in the order a request meets them. The route file holds each route's exceptions."""
    return [
        build_any_filter(settings),
        build_jwt_filter(settings),
        build_rbac_filter(),
        build_limit_filter(settings),
        build_extension(BUFFER, "envoy.extensions.filters.http.buffer.v3.Buffer", max_request_bytes=MAX_BODY),
    ]


def _build_router() -> Json:
    """Leave out the statistics by status and the x-envoy- headers: they cost more than the token check."""
    return build_extension(
        "router",
        "envoy.extensions.filters.http.router.v3.Router",
        dynamic_stats=False,
        suppress_envoy_headers=True,
    )


# Envoy's advice for a proxy that faces the internet, and the bounds of a request.
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
        "max_stream_duration": f"{MAX_EXCHANGE}s",
        # Some servers take X_Api_Key for X-Api-Key, which would then not be the one that was checked here.
        "headers_with_underscores_action": "REJECT_REQUEST",
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


def _build_tls(settings: Settings) -> Json:
    """Envoy reads the certificate again when a new one is moved into its folder."""
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
