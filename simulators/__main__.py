"""Serve the small simulators in one process: ``python -m simulators --port 8019``.

Each is at a path of its own: ``/waste`` and ``/vehicle-enquiry``.
"""

import argparse

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from simulators.vehicle_enquiry.simulator import VehicleEnquiry
from simulators.waste_contractor.simulator import WasteContractor

_MAX_CONNECTIONS = 1000


async def _list(_: Request) -> PlainTextResponse:
    return PlainTextResponse("/waste\n/vehicle-enquiry\n")


def make_app() -> Starlette:
    """Make the application of all of them."""
    return Starlette(
        routes=[
            Route("/", _list),
            Mount("/waste", WasteContractor().app),
            Mount("/vehicle-enquiry", VehicleEnquiry().app),
        ]
    )


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    parser.add_argument("--port", type=int, default=8019)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    options = parser.parse_args()
    uvicorn.run(
        make_app(),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
