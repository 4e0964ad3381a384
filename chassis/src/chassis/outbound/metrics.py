"""Metrics of calls to other servers. No label holds a host: clients name those."""

from prometheus_client import Counter, Histogram

DURATIONS = Histogram(
    "http_client_request_duration_seconds",
    "Duration of calls to other servers, with their retries",
    ["http_request_method", "outcome"],
)
RETRIES = Counter("townhall_outbound_retries_total", "Calls to other servers that were made again")
CIRCUITS = Counter(
    "townhall_outbound_circuits_opened_total", "Times a host failed so often that it was left alone"
)
