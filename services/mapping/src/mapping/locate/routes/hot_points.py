"""Look-ups of a point as a hot read, but for ``datetime`` and open cases, which are for the route."""

import re

from fastapi import Request, Response

from chassis import clock
from chassis.auth import Caller
from chassis.hot_reads import HotRead
from mapping.collections.routes.access import BASE, audience_of
from mapping.locate.actions import Reads
from mapping.locate.actions.lookups import Question, look_up
from mapping.locate.routes.dependencies import MAX_WITHIN, read_names, read_place, respond

_LONGEST = {"point": 60, "crs": 100, "areas": 1_000, "kinds": 1_000, "within": 20, "key": 5_000}
"""The parameters that are read here, and their most characters: the route tells what is wrong with more."""
_METRES = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?", re.ASCII)


async def _answer(request: Request, caller: Caller | None) -> Response | None:
    values = _read_parameters(request)
    if values is None or "point" not in values or not _METRES.fullmatch(values.get("within", "50")):
        return None
    within = float(values.get("within", "50"))
    if within > MAX_WITHIN:
        return None
    place = read_place(values["point"], values.get("crs"))
    areas = read_names(values.get("areas", ""), "query.areas")
    kinds = read_names(values.get("kinds", ""), "query.kinds")
    question = Question(clock.now(), audience_of(caller), within, areas, kinds)
    reads: Reads = request.app.state.look_ups
    answer = await look_up(reads.of(request.path_params["council"]), place, question)
    return respond({**answer, "open_cases": None})


def _read_parameters(request: Request) -> dict[str, str] | None:
    """Read the parameters; None if one is not read here, is too long or there twice."""
    pairs = request.query_params.multi_items()
    values = dict(pairs)
    if len(values) < len(pairs) or any(len(value) > _LONGEST.get(name, -1) for name, value in pairs):
        return None
    return values


hot_read = HotRead(f"{BASE}/locate", _answer)
