"""What a process remembers of each host it calls: circuit breaker, calls in progress, retry budget."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from chassis.outbound import metrics
from chassis.outbound.errors import CircuitOpenError
from chassis.settings import Settings

_MAX_HOSTS = 1_000
_MAX_RETRIES = 10.0  # that a host may have saved up
_RETRIES_PER_CALL = 0.2  # so that retries add at most a fifth to the load of a host that fails


@dataclass(slots=True)
class Circuit:
    """Opens after ``limit`` failures in a row; after ``pause`` seconds one call at a time tries the host."""

    limit: int
    pause: float
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    opened_at: float = 0.0
    is_on_trial: bool = False

    def admit(self, host: str) -> None:
        """Let a call through. Raises CircuitOpenError."""
        if self.failures < self.limit:
            return
        wait = max(self.opened_at + self.pause - self.clock(), 0.0)
        if wait or self.is_on_trial:
            reason = f"failed {self.failures} times in a row, and is left alone for a while"
            raise CircuitOpenError(reason, host, retry_after=wait or self.pause)
        self.is_on_trial = True

    def record_success(self) -> None:
        """Close: the host is well."""
        self.failures, self.is_on_trial = 0, False

    def record_failure(self) -> None:
        """Count a failure, and open when there are too many."""
        self.failures, self.is_on_trial = self.failures + 1, False
        if self.failures >= self.limit:
            self.opened_at = self.clock()
            metrics.CIRCUITS.inc()

    def abandon_trial(self) -> None:
        """Forget a call that was given up and so says nothing of the host."""
        self.is_on_trial = False


@dataclass(slots=True)
class RetryBudget:
    """Grants retries as a share of calls, so that a host that fails does not get several times the load."""

    saved: float = _MAX_RETRIES

    def add_call(self) -> None:
        """Count a call, which earns a part of a retry."""
        self.saved = min(_MAX_RETRIES, self.saved + _RETRIES_PER_CALL)

    def take_retry(self) -> bool:
        """Take a retry; false when none is left."""
        if self.saved < 1:
            return False
        self.saved -= 1
        return True


@dataclass(slots=True)
class Host:
    """A host as this process knows it."""

    circuit: Circuit
    slots: asyncio.Semaphore
    budget: RetryBudget = field(default_factory=RetryBudget)


class Hosts:
    """The hosts called last. An older one is forgotten, and its circuit with it: that only costs a call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hosts: OrderedDict[str, Host] = OrderedDict()

    def get(self, origin: str) -> Host:
        """Return the host with this origin."""
        host = self._hosts.get(origin)
        if host is None:
            settings = self._settings
            circuit = Circuit(settings.outbound_circuit_failures, settings.outbound_circuit_seconds)
            host = Host(circuit, asyncio.Semaphore(settings.outbound_at_once_per_host))
            self._hosts[origin] = host
            if len(self._hosts) > _MAX_HOSTS:
                self._hosts.popitem(last=False)
        self._hosts.move_to_end(origin)
        return host

    def __len__(self) -> int:
        return len(self._hosts)
