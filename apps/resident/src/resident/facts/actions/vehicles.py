"""Facts of vehicles, by DVLA's Vehicle Enquiry API, and of their keepers, by a council's agreement."""

import json
from typing import Any

from apps.recipes.walk import Lookup
from chassis.outbound import Response
from resident.facts.actions.addresses import find_uprn
from resident.facts.actions.sources import FactSources
from resident.facts.rules.vehicles import describe_vehicle
from resident.facts.schemas import Fields

_NOT_FOUND = 404
_ANSWERS = frozenset({"yes", "no"})


async def find_vehicle(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find a vehicle's make, colour, fuel, emissions and tax. Too many requests (429) are an outage too."""
    (plate,) = lookup.inputs.values()
    settings = sources.adapters.settings
    if not settings.vehicle_url:
        return None
    response = await _post(sources, f"{settings.vehicle_url}/v1/vehicles", {"registrationNumber": plate})
    if response.status == _NOT_FOUND:
        return {"found": False}
    return describe_vehicle(json.loads(response.require_success().body))


async def check_keeper(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Check whether the keeper of a vehicle is at an address: ``yes``, ``no``, or ``unknown``.

    DVLA's enquiry names no keeper: without an agreement of the council's own it is never known.
    """
    settings = sources.adapters.settings
    if not sources.adapters.find_council(sources.council).has_keeper_agreement or not settings.keeper_url:
        return {"answer": "unknown"}
    plate, address = lookup.inputs.values()
    uprn = await find_uprn(sources.platform, address)
    if uprn is None:
        return {"answer": "unknown"}
    body = {"registrationNumber": plate, "uprn": str(uprn)}
    response = await _post(sources, f"{settings.keeper_url}/v1/checks", body)
    answer = json.loads(response.require_success().body)["keeperAtAddress"]
    return {"answer": answer if answer in _ANSWERS else "unknown"}


async def _post(sources: FactSources, uri: str, body: dict[str, Any]) -> Response:
    key = sources.adapters.settings.vehicle_key.get_secret_value()
    headers = {"Content-Type": "application/json", "x-api-key": key}
    return await sources.adapters.call("POST", uri, headers, json.dumps(body).encode())
