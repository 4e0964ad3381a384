"""Serve the simulator alone: ``python -m simulators.openid_provider --port 8008``."""

import argparse
from pathlib import Path

import uvicorn

from simulators.openid_provider import persistence
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.state import GATEWAY


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m simulators.openid_provider", description=__doc__)
    parser.add_argument("--port", type=int, default=8008)
    parser.add_argument("--gateway", default=GATEWAY, metavar="URL", help="the Townhall to push staff to")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep clients and staff over a restart")
    options = parser.parse_args()
    # Browsers send a host's cookies to all its ports. Townhall is opened at 127.0.0.1, so this is localhost.
    simulator = Simulator(f"http://localhost:{options.port}")
    simulator.gateway = options.gateway
    if options.keep:
        persistence.load(simulator, options.keep)
    uvicorn.run(simulator.app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
