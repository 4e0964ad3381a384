"""What the platform answers in tests of facts, as its contracts have it."""

import asyncio
import json

import httpx

from apps.recipes.bundle import Setting
from apps.recipes.walk import Lookup

UPRN = "907900000001"


class Platform:
    """What the gateway answers, by method and path without the council; 404 for all else.

    A value is a body, a status, or seconds that the gateway takes to give up. ``requests`` is what came.
    """

    def __init__(self):
        self.answers, self.requests = {}, []

    async def answer(self, request):
        path = "/".join(request.url.path.split("/")[2:])
        self.requests.append((f"{request.method} {path}", request))
        answer = self.answers.get(f"{request.method} {path}", 404)
        if callable(answer):
            answer = answer(json.loads(request.content) if request.content else dict(request.url.params))
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = 503
        if isinstance(answer, int):
            return httpx.Response(answer, json={"code": "simulated", "detail": "Simulated"})
        return httpx.Response(200, json=answer)

    def paths(self):
        return [path for path, _ in self.requests]


def make_lookup(provider, inputs, fact="fact", case_type="missed-bin", **settings):
    parameters = {"renew_from": Setting("30 days", 30, "days")}
    return Lookup(fact, provider, inputs, settings, case_type, parameters)


def show_areas(*areas):
    """Show areas as mapping does: ids, or (id, name) pairs."""
    areas = [each if isinstance(each, tuple) else (each, each) for each in areas]
    return {
        "areas": [
            {
                "collection": "layer",
                "id": each,
                "number": 1,
                "name": name,
                "gss": None,
                "type": None,
                "kind": "zones",
                "primary": True,
                "on_boundary": False,
            }
            for each, name in areas
        ],
        "uprn": UPRN,
        "inside": True,
        "generation": {"layer": 1},
        "as_of": "2026-12-01T10:00:00Z",
        "point": {"lon": -2.3, "lat": 51.3, "easting": 1.0, "northing": 2.0, "gridref": "ST 7 6"},
    }


def show_feature(feature, **properties):
    return {
        "id": feature,
        "number": 1,
        "geometry": None,
        "properties": properties,
        "type": "Feature",
        "valid_from": None,
        "valid_to": None,
        "version": 1,
        "notes": [],
    }


def show_duplicate(reference, reason="same_property", closed_at=None, metres=None):
    return {
        "id": "0" * 26,
        "reference": reference,
        "case_type": "missed-bin",
        "state": "reported",
        "result": "",
        "team": None,
        "assignee": None,
        "opened_at": "2026-11-30T10:00:00Z",
        "closed_at": closed_at,
        "due_at": None,
        "version": 1,
        "metres": metres,
        "likeness": [{"reason": reason, "words": {"en": "", "cy": ""}}],
    }


def show_duplicates(*duplicates):
    return {"items": list(duplicates), "searched_from": "2026-11-01T10:00:00Z", "metres": 50}
