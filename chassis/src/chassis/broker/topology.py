"""Who publishes and who consumes which events: read from the AsyncAPI contract, which the code generates."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.events import SUBJECT_PREFIX

UNLIMITED = "unlimited"
"""``x-retention`` of what a service publishes: its stream keeps events whatever their age."""

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MAX_CONSUMERS = 1_000


@dataclass(frozen=True)
class Durable:
    """A durable consumer: ``user`` reads the ``subjects`` of ``stream`` through it."""

    user: str
    name: str
    stream: str
    subjects: tuple[str, ...]

    @property
    def letter_counter(self) -> "Durable":
        """Return the durable whose ``num_pending`` is the number of this consumer's dead letters.

        Nobody reads through it. A worker may ask for its state, while it may not read dead letters.
        """
        consumer = self.name.removeprefix(f"{self.user}-")
        subject = f"dead.{self.user}.{consumer}.letter.*"
        return Durable(self.user, self.name, dead_letter_stream(self.user), (subject,))


@dataclass(frozen=True)
class CouncilConsumer:
    """A council's own consumer: it reads every event of that council and nothing else."""

    council: str
    name: str
    public_key: str

    @property
    def durable(self) -> str:
        """Return its durable's name, the same on every stream; also its user's name."""
        return f"council_{self.council}_{self.name}"  # no slug has an underscore: no two are the same

    @property
    def subject(self) -> str:
        """Return the subjects it may see."""
        return f"{SUBJECT_PREFIX}.{self.council}.>"


@dataclass(frozen=True)
class Topology:
    """The services of a region and their durable consumers."""

    services: tuple[str, ...]
    durables: tuple[Durable, ...]
    unlimited: frozenset[str] = frozenset()  # services whose events are kept whatever their age

    @property
    def streams(self) -> tuple[str, ...]:
        """Return the names of the streams of events, one for each service."""
        return tuple(stream_name(service) for service in self.services)

    def durables_of(self, user: str) -> tuple[Durable, ...]:
        """Return the durables that a service reads through."""
        return tuple(durable for durable in self.durables if durable.user == user)


def stream_name(capability: str) -> str:
    """Return the name of the capability's stream of events."""
    return capability.upper()


def durable_name(service: str, consumer: str) -> str:
    """Return the name of the durable of a service's consumer."""
    return f"{service}-{consumer}"


def dead_letter_stream(service: str) -> str:
    """Return the name of the service's stream of dead letters."""
    return f"DEAD_{service.upper()}"


def read_contract(path: Path) -> Topology:
    """Read the topology from an AsyncAPI document. Raises ValueError when it is none of ours."""
    try:
        return make_topology(json.loads(path.read_text()))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not the AsyncAPI contract of the platform: {error!r}") from error


def make_topology(document: dict[str, Any]) -> Topology:
    """Make the topology of an AsyncAPI document's operations."""
    subjects: dict[tuple[str, str, str], set[str]] = {}
    operations = document["operations"].values()
    for operation in operations:
        if operation["action"] == "receive":
            channel = operation["channel"]["$ref"].removeprefix("#/channels/")
            stream = stream_name(channel.partition(".")[0])
            address = document["channels"][channel]["address"].replace("{council}", "*")
            subjects.setdefault((operation["x-service"], operation["x-durable"], stream), set()).add(address)
    return Topology(
        services=tuple(sorted({operation["x-service"] for operation in operations})),
        durables=tuple(
            Durable(user, name, stream, tuple(sorted(addresses)))
            for (user, name, stream), addresses in sorted(subjects.items())
        ),
        unlimited=frozenset(
            operation["x-service"] for operation in operations if operation.get("x-retention") == UNLIMITED
        ),
    )


def read_council_consumers(path: Path) -> tuple[CouncilConsumer, ...]:
    """Read the councils' own consumers: a JSON list of ``council``, ``name`` and ``public_key``.

    Raises ValueError for names that would not be one token of a subject each.
    """
    rows = json.loads(path.read_text()) if path.exists() else []
    consumers = tuple(CouncilConsumer(row["council"], row["name"], row["public_key"]) for row in rows)
    if len(consumers) > _MAX_CONSUMERS:
        raise ValueError(f"at most {_MAX_CONSUMERS} consumers of councils")
    for consumer in consumers:
        if not _SLUG.fullmatch(consumer.council) or not _SLUG.fullmatch(consumer.name):
            raise ValueError(f"{consumer.council!r} or {consumer.name!r} is not lower case a-z, 0-9, -")
    if len({consumer.durable for consumer in consumers}) < len(consumers):
        raise ValueError("two consumers have the same name")
    return consumers
