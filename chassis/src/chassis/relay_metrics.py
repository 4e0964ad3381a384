"""The metrics of the relay. Only its process has them: elsewhere a last publish of 0 would be wrong."""

from prometheus_client import Counter, Gauge

_PUBLISHED = Counter("townhall_relay_published_events_total", "Events that NATS has acknowledged")
_LAST_PUBLISH = Gauge(
    "townhall_relay_last_publish_timestamp_seconds", "When NATS last acknowledged events; 0 for never"
)


def count_published(events: int) -> None:
    """Count events that NATS has acknowledged."""
    _PUBLISHED.inc(events)
    _LAST_PUBLISH.set_to_current_time()
