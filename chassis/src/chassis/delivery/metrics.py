"""What Prometheus reads of consumers. The worker's ``/metrics`` answers them; docs/operations.md reads them.

``consumer`` is the durable's name in NATS: ``mapping-councils``.
"""

from prometheus_client import Counter, Gauge

from chassis.broker.connection import BrokerClient
from chassis.broker.topology import dead_letter_stream

ACTIVE = Gauge(
    "townhall_consumer_active", "1 where this process works for the consumer, 0 for a standby", ["consumer"]
)
PAUSED_SINCE = Gauge(
    "townhall_consumer_paused_since_seconds", "Unix time since when it waits; 0 while it works", ["consumer"]
)
LAG = Gauge("townhall_consumer_lag_events", "Events in the stream that it has not finished", ["consumer"])
DEAD_LETTERS = Gauge("townhall_consumer_dead_letters", "Dead letters that lie there", ["consumer"])
EVENTS = Counter(
    "townhall_consumer_events", "Events finished: processed, repeated, dead_letter", ["consumer", "outcome"]
)


async def measure(client: BrokerClient, service: str, stream: str, durable: str) -> None:
    """Read the consumer's lag and the number of its dead letters from NATS. Raises nats.errors.Error."""
    state = await client.call_consumer("INFO", stream, durable)
    LAG.labels(durable).set(state["num_pending"] + state["num_ack_pending"])
    letters = await client.call_consumer("INFO", dead_letter_stream(service), durable)
    DEAD_LETTERS.labels(durable).set(letters["num_pending"])
