"""The simulated provider of Direct Debit, which collects the sandbox's money."""

import sys

from dev.readiness import http_ready
from dev.stack import Stack, base_environment
from dev.supervisor import Process


def process(stack: Stack) -> Process:
    """Describe its process."""
    port = stack.ports.of("direct-debit")
    argv = [sys.executable, "-m", "simulators.direct_debit", "--port", str(port)]
    argv += ["--state", str(stack.folder / "direct-debit")]
    return Process("direct-debit", argv, base_environment(), http_ready(port, "/"))
