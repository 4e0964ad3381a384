"""``python -m dev.upstream --port 8008``: the simulator alone, for whoever tries it with another town."""

import argparse
from pathlib import Path

import uvicorn

from dev.ports import HOST
from dev.upstream import keeping
from dev.upstream.simulator import Simulator


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m dev.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=8008)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="clients and staff, over a restart")
    asked = parser.parse_args()
    # A name of its own: cookies are of a host whatever its port, and the town is at 127.0.0.1.
    simulator = Simulator(f"http://localhost:{asked.port}")
    if asked.keep:
        keeping.load(simulator, asked.keep)
    uvicorn.run(simulator.app, host=HOST, port=asked.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
