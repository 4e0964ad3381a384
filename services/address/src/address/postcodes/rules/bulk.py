"""What is asked of postcodes.io in bulk: a JSON object of up to a hundred postcodes or points."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from address.postcodes.rules.queries import LONGEST_QUERY, MOST, POSTCODES, Near, RefusedError, near

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
_GLOBAL = ("limit", "radius", "widesearch")  # also parameters of the request, for every point that has none
_ECHOED = ("limit", "longitude", "latitude", "radius", "widesearch")


@dataclass(frozen=True, slots=True)
class Point:
    """A point as asked: the members of it that were understood, and what they mean."""

    said: dict[str, Any]
    near: Near


def read(body: bytes, query: Mapping[str, str]) -> list[str] | list[Point]:
    """The postcodes or the points. Raises RefusedError, which names the item, when one cannot be used."""
    asked = _json(body)
    if not isinstance(asked, dict):
        raise RefusedError(NO_QUERY)
    if asked.get("postcodes") is not None:
        return _postcodes(_array(asked["postcodes"], "postcodes"))
    if asked.get("geolocations") is not None:
        everywhere = {name: query[name] for name in _GLOBAL if query.get(name)}
        listed = _array(asked["geolocations"], "locations")
        return [_point(f"geolocations[{index}]", one, everywhere) for index, one in enumerate(listed)]
    raise RefusedError(NO_QUERY)


def _json(body: bytes) -> object:
    """The JSON, of finite numbers only."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise RefusedError(NO_JSON) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _array(given: object, what: str) -> list[Any]:
    if not isinstance(given, list):
        raise RefusedError(NO_ARRAY)
    if len(given) > MOST:
        raise RefusedError(_TOO_MANY.format(what, MOST, what))
    return given


def _postcodes(listed: list[Any]) -> list[str]:
    for index, one in enumerate(listed):
        if not isinstance(one, str):
            raise RefusedError(f"Invalid data submitted. postcodes[{index}] must be a string")
        if len(one) > LONGEST_QUERY:
            raise RefusedError(f"Invalid data submitted. postcodes[{index}] is too long for a postcode")
    return listed


def _point(where: str, given: object, everywhere: dict[str, str]) -> Point:
    if not isinstance(given, dict):
        raise RefusedError(f"Invalid data submitted. {where} must be an object with longitude and latitude")
    said = {**everywhere, **{name: value for name, value in given.items() if name.lower() in _ECHOED}}
    try:
        asked = near({name.lower(): value for name, value in said.items()}, POSTCODES)
    except RefusedError as error:
        raise RefusedError(f"{error}: {where}") from None
    return Point(said, asked)
