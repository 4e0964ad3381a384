"""The simulator of the Vehicle Enquiry Service: the application that serves it, and what a test controls."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.vehicle_enquiry.vehicles import TEST_ERRORS, find_vehicle

_PLATE = re.compile(r"[A-Z0-9]{2,8}")
_MOST_KEEPERS = 1_000


class VehicleEnquiry:
    """The service at ``app``. It takes any ``x-api-key``, and none it refuses.

    ``keepers``: where the keeper of a vehicle lives (a UPRN), by registration number.
    ``enquiries``: how many came.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.keepers: dict[str, str] = {}
        self.enquiries = 0
        self.app = Starlette(
            routes=[
                Route("/v1/vehicles", self._answer_enquiry, methods=["POST"]),
                Route("/keeper-agreement/v1/checks", self._check_keeper, methods=["POST"]),
                Route("/control/keepers/{plate}", self._set_keeper, methods=["PUT", "DELETE"]),
                Route("/control/faults", self._set_faults, methods=["POST", "DELETE"]),
            ]
        )

    async def _answer_enquiry(self, request: Request) -> Response:
        self.enquiries += 1
        if refusal := await self._refuse(request):
            return refusal
        plate = await _read_plate(request)
        if plate in TEST_ERRORS:
            return _show_error(*TEST_ERRORS[plate])
        if not _PLATE.fullmatch(plate):
            return _show_error(*TEST_ERRORS["ER19BAD"])
        return JSONResponse(find_vehicle(plate, datetime.now(UTC).date()))

    async def _check_keeper(self, request: Request) -> Response:
        if refusal := await self._refuse(request):
            return refusal
        body = await _read_object(request)
        uprn = self.keepers.get(str(body.get("registrationNumber")))
        answer = "yes" if uprn == body.get("uprn") else "no"
        return JSONResponse({"keeperAtAddress": "unknown" if uprn is None else answer})

    async def _refuse(self, request: Request) -> Response | None:
        if not request.headers.get("x-api-key"):
            return JSONResponse({"message": "Forbidden"}, 403)
        return await self.faults.take()

    async def _set_keeper(self, request: Request) -> Response:
        plate = request.path_params["plate"]
        if request.method == "DELETE":
            self.keepers.pop(plate, None)
            return Response(status_code=204)
        uprn = (await _read_object(request)).get("uprn")
        if not _PLATE.fullmatch(plate) or not isinstance(uprn, str) or len(self.keepers) >= _MOST_KEEPERS:
            return _show_error(400, "Bad Request", 'Send {"uprn": "..."} for a registration number')
        self.keepers[plate] = uprn
        return Response(status_code=204)

    async def _set_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.waiting.clear()
            return Response(status_code=204)
        try:
            self.faults.add(await _read_object(request))
        except ValueError as error:
            return _show_error(400, "Bad Request", str(error))
        return Response(status_code=204)


async def _read_plate(request: Request) -> str:
    return str((await _read_object(request)).get("registrationNumber", ""))


async def _read_object(request: Request) -> dict[str, Any]:
    """Read a body that is a JSON object; an empty one if it is not."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _show_error(status: int, title: str, detail: str) -> JSONResponse:
    return JSONResponse({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)
