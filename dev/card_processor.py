"""The simulated card processor, which takes the sandbox's payments."""

import sys

from dev.readiness import http_ready
from dev.stack import Stack, base_environment
from dev.supervisor import Process


def process(stack: Stack) -> Process:
    """Describe its process."""
    port = stack.ports.of("card-processor")
    argv = [sys.executable, "-m", "simulators.card_processor", "--port", str(port)]
    argv += ["--state", str(stack.folder / "card-processor")]
    return Process("card-processor", argv, base_environment(), http_ready(port, "/"))
