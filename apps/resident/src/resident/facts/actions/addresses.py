"""Addresses of the council's gazetteer: to choose from, and for an address that was entered by hand."""

import asyncio
from collections.abc import Mapping
from typing import Any

from resident.facts.schemas import GazetteerAddress
from townhall_client import AsyncTownhall, TownhallError
from townhall_client.api.address.api.addresses import suggest_addresses
from townhall_client.api.address.api.matching import match_address
from townhall_client.api.address.models import MatchQuestion, Suggestion
from townhall_client.problems import InvalidRequest

SECONDS = 3.0  # people wait for this alone
MOST = 100
_LEAST_TEXT, _MOST_TEXT = 3, 200
_MOST_BUILDINGS = 10  # whose flats are listed


async def find_addresses(platform: AsyncTownhall, text: str) -> list[GazetteerAddress] | None:
    """Find addresses by a postcode or a part of an address, at most 100; None if nobody can say now.

    A building's flats are listed in its place.
    """
    query = " ".join(text.split())[:_MOST_TEXT]
    if len(query) < _LEAST_TEXT:
        return []
    try:
        async with asyncio.timeout(SECONDS):
            matches = (await platform.send(suggest_addresses(q=query, limit=MOST))).items
            buildings = [each for each in matches if each.contains][:_MOST_BUILDINGS]
            flats = await asyncio.gather(*(_list_flats(platform, query, each) for each in buildings))
    except InvalidRequest:  # what nobody could mean by an address
        return []
    except (TownhallError, TimeoutError):
        return None
    inside = {building.uprn: inner for building, inner in zip(buildings, flats, strict=True)}
    addresses = [address for each in matches for address in inside.get(each.uprn, [each])]
    return [GazetteerAddress(each.uprn, each.address) for each in addresses[:MOST]]


async def _list_flats(platform: AsyncTownhall, query: str, building: Suggestion) -> list[Suggestion]:
    call = suggest_addresses(q=query, within=int(building.uprn), limit=MOST)
    return (await platform.send(call)).items or [building]


async def find_uprn(platform: AsyncTownhall, answer: str | Mapping[str, Any]) -> int | None:
    """Find the UPRN of an answer: its own, or that of the property which an address by hand is surely of.

    Raises TownhallError.
    """
    if isinstance(answer, str):
        return int(answer)
    question = MatchQuestion(address=", ".join(answer["lines"]), postcode=str(answer["postcode"])[:16])
    match = await platform.send(match_address(body=question))
    return int(match.uprn) if match.outcome == "matched" and match.uprn else None
