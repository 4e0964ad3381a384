"""What routes of look-ups share: who asks, as of when, of which layers, and the point that is asked about."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic_core import to_json

from chassis import clock
from chassis.problems import FieldError, Problem
from mapping.collections.routes.access import Reader, audience_of
from mapping.locate.actions import Reads
from mapping.locate.actions.lookups import Question
from mapping.locate.rules.points import Place, read_crs, read_point
from mapping.shared.coordinates import OutsideGreatBritainError

MAX_WITHIN = 2_000
_MOST_NAMES = 50


def respond(answer: Any) -> Response:
    """Respond with an answer that is made of plain values: models would cost more than the look-up."""
    return Response(to_json(answer), media_type="application/json")


def refuse(field: str, message: str, code: str) -> Problem:
    """Make the 400 for a value that cannot be used."""
    wrong = FieldError(field=field, message=message, code=code)
    return Problem(400, "invalid-request", "A value cannot be used; see errors.", errors=[wrong])


async def _get_reads(request: Request) -> Reads:
    reads: Reads = request.app.state.look_ups
    return reads


async def _read_place(
    point: Annotated[
        str,
        Query(
            max_length=60,
            description="`lon,lat` in degrees, `easting,northing` in metres, or a grid reference",
            examples=["-2.3597,51.3814", "375039,164627", "ST 750 646"],
        ),
    ],
    crs: Annotated[
        str | None,
        Query(
            max_length=100,
            description="The system of the two numbers: CRS84, EPSG:27700, EPSG:4326 (latitude first), "
            "EPSG:3857 or a URI. Without it, numbers up to 180 and 90 are degrees, longitude first",
        ),
    ] = None,
) -> Place:
    return read_place(point, crs)


def read_place(point: str, crs: str | None) -> Place:
    """Read the place that parameters name. Raises Problem 400."""
    try:
        system = None if crs is None else read_crs(crs)
    except ValueError as error:
        raise refuse("query.crs", str(error), "unknown_crs") from error
    try:
        return read_point(point, system)
    except OutsideGreatBritainError as error:
        raise refuse("query.point", str(error), "outside_great_britain") from error
    except ValueError as error:
        raise refuse("query.point", str(error), "bad_point") from error


def to_moment(value: datetime | None, field: str) -> datetime:
    """Return the moment that is meant, in UTC: now without one. Raises Problem 400 for one without zone."""
    if value is None:
        return clock.now()
    if value.tzinfo is None:
        raise refuse(field, "has no zone: write it like 2026-12-01T09:00:00Z", "no_zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise refuse(field, "is too far away", "bad_moment") from error


async def _read_moment(
    datetime_: Annotated[
        datetime | None,
        Query(alias="datetime", description="As of when, with its zone: what held then. Now without it"),
    ] = None,
) -> datetime:
    return to_moment(datetime_, "query.datetime")


def read_names(text: str, field: str) -> list[str]:
    """Read names with commas between. Raises Problem 400 for more than 50."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > _MOST_NAMES:
        raise refuse(field, f"has more than {_MOST_NAMES} names", "too_many")
    return names


async def _read_areas(
    areas: Annotated[
        str, Query(max_length=1_000, description="Names of layers of areas or zones, by commas; none: all")
    ] = "",
) -> list[str]:
    return read_names(areas, "query.areas")


TheReads = Annotated[Reads, Depends(_get_reads)]
ThePlace = Annotated[Place, Depends(_read_place)]
TheMoment = Annotated[datetime, Depends(_read_moment)]
Within = Annotated[
    float, Query(ge=0, le=MAX_WITHIN, allow_inf_nan=False, description="Metres around the point")
]


async def _ask(
    caller: Reader, moment: TheMoment, areas: Annotated[list[str], Depends(_read_areas)]
) -> Question:
    return Question(moment, audience_of(caller), areas=areas)


TheQuestion = Annotated[Question, Depends(_ask)]
"""What is asked: layers of areas as of a moment, of those that the caller may see."""
