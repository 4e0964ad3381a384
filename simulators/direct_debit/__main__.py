"""Serve the simulator alone: ``python -m simulators.direct_debit --port 8010 --state FOLDER``."""

import argparse
import sqlite3
import sys
from pathlib import Path

import uvicorn

from simulators.direct_debit.simulator import Simulator

_MAX_CONNECTIONS = 1000


def main() -> int:
    """Serve until a signal ends the process; return 1 if another process has the state."""
    parser = argparse.ArgumentParser(prog="python -m simulators.direct_debit", description=__doc__)
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--url", help="where browsers find it, if not at http://localhost:PORT")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep everything over a restart")
    options = parser.parse_args()
    try:
        simulator = Simulator(options.url or f"http://localhost:{options.port}", options.state)
    except (sqlite3.Error, OSError) as error:
        reason = f"The state in {options.state} cannot be opened ({error}): does another process use it?"
        print(reason, file=sys.stderr)
        return 1
    uvicorn.run(
        simulator.app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
