"""The simulator of a contractor's feed: the application that serves it, and what a test controls."""

import json
import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.waste_contractor.rounds import (
    STATUSES,
    STREAMS,
    Property,
    list_tasks,
    show_service,
    show_type,
)

_LONDON = ZoneInfo("Europe/London")
_UPRN = re.compile(r"[0-9]{1,12}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_PROPERTIES, _MOST_EVENTS = 10_000, 20


class WasteContractor:
    """The feed at ``app``: below each council's name its services, tasks and events.

    ``now``: the moment it goes by, if not this one. ``faults``: of the answers to come.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.now: datetime | None = None
        self.properties: dict[tuple[str, str], Property] = {}
        self.app = Starlette(
            routes=[
                Route("/control/faults", self._set_faults, methods=["POST", "DELETE"]),
                Route("/control/clock", self._set_clock, methods=["PUT", "DELETE"]),
                Route("/control/{council}/properties/{uprn}", self._set_property, methods=["PUT", "DELETE"]),
                Route("/{council}/services", self._list_services),
                Route("/{council}/tasks", self._list_tasks),
                Route("/{council}/events", self._list_events),
            ]
        )

    def read_clock(self) -> datetime:
        """Read the clock on the wall."""
        return (self.now or datetime.now(_LONDON)).astimezone(_LONDON).replace(tzinfo=None)

    async def _list_services(self, request: Request) -> Response:
        place = self._find(request)
        today = self.read_clock().date()
        return await self._answer(show_service(place, stream, today) for stream in place.streams)

    async def _list_tasks(self, request: Request) -> Response:
        place, now = self._find(request), self.read_clock()
        return await self._answer(task for stream in place.streams for task in list_tasks(place, stream, now))

    async def _list_events(self, request: Request) -> Response:
        since = request.query_params.get("start_date", "")
        return await self._answer(
            event for event in self._find(request).events if event["date_created"] >= since
        )

    async def _answer(self, rows: Any) -> Response:
        return await self.faults.take() or JSONResponse(list(rows))

    def _find(self, request: Request) -> Property:
        council, uprn = request.path_params["council"], request.query_params.get("uprn", "")
        if not _UPRN.fullmatch(uprn):
            return Property("0", ())
        return self.properties.get((council, uprn)) or Property(uprn)

    async def _set_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.waiting.clear()
            return Response(status_code=204)
        return await _change(request, self.faults.add)

    async def _set_clock(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.now = None
            return Response(status_code=204)

        def stop(members: Any) -> None:
            self.now = datetime.fromisoformat(members["now"]).astimezone(_LONDON)

        return await _change(request, stop)

    async def _set_property(self, request: Request) -> Response:
        key = (request.path_params["council"], request.path_params["uprn"])
        if request.method == "DELETE":
            self.properties.pop(key, None)
            return Response(status_code=204)

        def put(members: Any) -> None:
            if len(self.properties) >= _MOST_PROPERTIES:
                raise ValueError(f"There are {_MOST_PROPERTIES} properties already")
            self.properties[key] = _read_property(key[1], members)

        return await _change(request, put)


async def _change(request: Request, change: Any) -> Response:
    """Change what the body says; 400 with the reason if it cannot be read."""
    try:
        change(json.loads(await request.body()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return JSONResponse({"code": 400, "message": str(error)}, 400)
    return Response(status_code=204)


def _read_property(uprn: str, members: dict[str, Any]) -> Property:
    """Read what a test changes: ``streams``, ``last``, ``status``, ``back``, ``late``, ``events``."""
    streams = tuple(members.get("streams", STREAMS))
    status, late = members.get("status", ""), members.get("late", "")
    if not _UPRN.fullmatch(uprn) or not set(streams) <= STREAMS.keys():
        raise ValueError(f"streams are of {', '.join(STREAMS)}")
    if status and status not in STATUSES:
        raise ValueError(f"status is one of {', '.join(sorted(STATUSES))}")
    if late and not _TIME.fullmatch(late):
        raise ValueError("late is a time such as 18:30")
    events = [_read_event(uprn, event) for event in members.get("events", [])[:_MOST_EVENTS]]
    return Property(
        uprn, streams, _read_day(members, "last"), status, _read_day(members, "back"), late, events
    )


def _read_event(uprn: str, event: dict[str, Any]) -> dict[str, Any]:
    """Read an event: ``{"type": "Contaminated", "stream": "food-waste", "at": "2026-12-01T08:12"}``."""
    moment = datetime.fromisoformat(event["at"])
    return {
        "@type": "WasteEvent",
        "type": str(event["type"])[:100],
        "date_created": f"{moment:%Y-%m-%dT%H:%M}",
        "uprn": uprn,
        "container_type": show_type(event["stream"]),
    }


def _read_day(members: dict[str, Any], name: str) -> date | None:
    return date.fromisoformat(members[name]) if members.get(name) else None
