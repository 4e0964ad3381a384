"""Serve the demonstration service alone: ``python -m apps.demo_service --port 8009 --registration FILE``."""

import argparse
import json
from pathlib import Path

import httpx
import uvicorn

from apps.demo_service.app import DemoService
from apps.demo_service.relying_party import Registration


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m apps.demo_service", description=__doc__)
    parser.add_argument("--port", type=int, default=8009)
    parser.add_argument("--registration", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    registration = Registration(**json.loads(options.registration.read_text()))
    http = httpx.AsyncClient(timeout=10, trust_env=False)
    service = DemoService(registration, http)
    uvicorn.run(
        service.app,
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,  # seconds: a browser may hold its connection open
    )


if __name__ == "__main__":
    main()
