"""Parse a postcodes.io bulk query: a JSON object of up to a hundred postcodes or points."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from address.postcodes.rules.queries import (
    MAX_LIMIT,
    MAX_QUERY,
    POSTCODES,
    NearQuery,
    RefusedError,
    parse_near,
)

NO_JSON = (
    "Invalid JSON submitted. You need to submit a JSON object with an array of postcodes or geolocation"
    " objects."
)
NO_QUERY = (
    "Invalid JSON query submitted. You need to submit a JSON object with an array of postcodes or geolocation"
    " objects."
)
NO_ARRAY = "Invalid data submitted. You need to provide a JSON array"
_TOO_MANY = "Too many {} submitted. Up to {} {} can be bulk requested at a time"
_GLOBAL = ("limit", "radius", "widesearch")  # query parameters that are defaults for every point
_ECHOED = ("limit", "longitude", "latitude", "radius", "widesearch")


@dataclass(frozen=True, slots=True)
class PointQuery:
    """A point of a bulk query: its known members, and the parsed query."""

    members: dict[str, Any]
    near: NearQuery


def parse_bulk(body: bytes, query: Mapping[str, str]) -> list[str] | list[PointQuery]:
    """Parse postcodes or points. Raise RefusedError, which names the faulty item."""
    content = _parse_json(body)
    if not isinstance(content, dict):
        raise RefusedError(NO_QUERY)
    if content.get("postcodes") is not None:
        return _check_postcodes(_require_array(content["postcodes"], "postcodes"))
    if content.get("geolocations") is not None:
        defaults = {name: query[name] for name in _GLOBAL if query.get(name)}
        items = _require_array(content["geolocations"], "locations")
        return [_parse_point(f"geolocations[{index}]", item, defaults) for index, item in enumerate(items)]
    raise RefusedError(NO_QUERY)


def _parse_json(body: bytes) -> object:
    """Parse JSON with finite numbers only."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise RefusedError(NO_JSON) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _require_array(value: object, noun: str) -> list[Any]:
    if not isinstance(value, list):
        raise RefusedError(NO_ARRAY)
    if len(value) > MAX_LIMIT:
        raise RefusedError(_TOO_MANY.format(noun, MAX_LIMIT, noun))
    return value


def _check_postcodes(items: list[Any]) -> list[str]:
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise RefusedError(f"Invalid data submitted. postcodes[{index}] must be a string")
        if len(item) > MAX_QUERY:
            raise RefusedError(f"Invalid data submitted. postcodes[{index}] is too long for a postcode")
    return items


def _parse_point(position: str, value: object, defaults: dict[str, str]) -> PointQuery:
    if not isinstance(value, dict):
        raise RefusedError(
            f"Invalid data submitted. {position} must be an object with longitude and latitude"
        )
    members = {**defaults, **{name: value for name, value in value.items() if name.lower() in _ECHOED}}
    try:
        query = parse_near({name.lower(): value for name, value in members.items()}, POSTCODES)
    except RefusedError as error:
        raise RefusedError(f"{error}: {position}") from None
    return PointQuery(members, query)
