"""Serve the simulator alone: ``python -m simulators.openid_provider --port 8008``."""

import argparse
from pathlib import Path

import uvicorn

from simulators.openid_provider import persistence
from simulators.openid_provider.simulator import Simulator


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m simulators.openid_provider", description=__doc__)
    parser.add_argument("--port", type=int, default=8008)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="clients and staff, over a restart")
    parser.add_argument(
        "--gateway", default="http://127.0.0.1:8000", metavar="URL", help="Townhall's gateway"
    )
    options = parser.parse_args()
    # A name of its own: cookies are of a host whatever its port, and the town is at 127.0.0.1.
    simulator = Simulator(f"http://localhost:{options.port}")
    simulator.gateway = options.gateway
    if options.keep:
        persistence.load(simulator, options.keep)
    uvicorn.run(simulator.app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
