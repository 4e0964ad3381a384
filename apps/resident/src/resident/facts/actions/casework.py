"""Facts of cases: what is reported already, and what an address or a vehicle has."""

from datetime import timedelta

from apps.recipes.walk import Lookup
from resident.facts.actions.addresses import find_uprn
from resident.facts.actions.mapping import read_metres, read_where
from resident.facts.actions.sources import FactSources
from resident.facts.schemas import Fields
from townhall_client.api.casework.api.holdings import list_holdings as list_holdings_call
from townhall_client.api.casework.api.search import search_duplicates
from townhall_client.api.casework.models import Duplicate, DuplicateSearch, DuplicateSearchSame, Location

_SAME_PROPERTY = "same_property"


async def find_open_case(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find the open case of this type at the address that is about the same: the bin, for example."""
    address, *others = lookup.inputs
    uprn = await find_uprn(sources.platform, lookup.inputs[address])
    if uprn is None:
        return None
    same = DuplicateSearchSame.from_dict({name: lookup.inputs[name] for name in others})
    search = DuplicateSearch(case_type=lookup.case_type, uprn=uprn, same=same)
    duplicates = [each for each in await _search(sources, search) if _is_at_property(each)]
    if not duplicates:
        return {"reference": "", "state": ""}
    return {"reference": duplicates[0].reference, "state": duplicates[0].state}


async def count_nearby(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Count open cases of this type around a place or at an address, with the reference of the nearest."""
    where = read_where(lookup)
    if isinstance(where, dict) and "lat" in where:
        location = Location(lat=where["lat"], long=where["long"])
        search = DuplicateSearch(case_type=lookup.case_type, location=location)
        within = read_metres(lookup.settings)
        duplicates = [
            each
            for each in await _search(sources, search)
            if isinstance(each.metres, int) and each.metres <= within
        ]
    elif isinstance(where, dict) and "lines" not in where:
        return None
    else:
        uprn = await find_uprn(sources.platform, where)
        if uprn is None:
            return None
        search = DuplicateSearch(case_type=lookup.case_type, uprn=uprn)
        duplicates = [each for each in await _search(sources, search) if _is_at_property(each)]
    return {"open": len(duplicates), "reference": duplicates[0].reference if duplicates else ""}


async def list_holdings(sources: FactSources, lookup: Lookup) -> Fields | None:
    """List what of a kind an address or a vehicle has: how many, until when, and from when it renews."""
    where = read_where(lookup)
    kind = str(lookup.settings["kind"])
    if isinstance(where, str) and not where.isdigit():  # every registration number has a letter
        call = list_holdings_call(plate=where, kind=kind)
    else:
        uprn = await find_uprn(sources.platform, where)
        if uprn is None:
            return None
        call = list_holdings_call(uprn=uprn, kind=kind)
    holdings = await sources.platform.send(call)
    fields: Fields = {"active": holdings.active}
    if holdings.until:
        fields["until"] = holdings.until.isoformat()
        if (days := _read_days(lookup)) is not None:
            fields["renew_from"] = (holdings.until - timedelta(days)).isoformat()
    numbers = [each.number for each in holdings.items if each.number]
    return fields | ({"number": numbers[0]} if numbers else {})


async def count_holdings(sources: FactSources, uprn: int, kind: str) -> int:
    """Count what of a kind an address has. Raises TownhallError."""
    return (await sources.platform.send(list_holdings_call(uprn=uprn, kind=kind))).active


def _read_days(lookup: Lookup) -> int | None:
    """Read how many days before its end something may be renewed, as the recipe sets it."""
    setting = lookup.parameters.get("renew_from")
    return setting.number if setting is not None and setting.unit.startswith("day") else None


async def _search(sources: FactSources, search: DuplicateSearch) -> list[Duplicate]:
    duplicates = (await sources.platform.send(search_duplicates(body=search))).items
    return [each for each in duplicates if each.closed_at is None]


def _is_at_property(duplicate: Duplicate) -> bool:
    return any(likeness.reason == _SAME_PROPERTY for likeness in duplicate.likeness)
