"""The simulated suppliers of councils, in one process: a waste contractor, and DVLA's Vehicle Enquiry."""

import sys

from dev.readiness import http_ready
from dev.stack import Stack, base_environment
from dev.supervisor import Process


def process(stack: Stack) -> Process:
    """Describe its process."""
    port = stack.ports.of("suppliers")
    argv = [sys.executable, "-m", "simulators", "--port", str(port)]
    return Process("suppliers", argv, base_environment(), http_ready(port, "/"))
