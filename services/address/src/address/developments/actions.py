"""Numbering a development: every plot a UPRN and an address of its own, all of them or none."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from address.changes.actions.change_log import (
    CHANGED,
    CREATED,
    ChangeContext,
    check_version,
    lock_exclusive,
    record,
)
from address.developments import rules, schemas, store
from address.developments.rules import Building, Plot
from address.developments.schemas import Approval, Development, NewDevelopment
from address.number_ranges import actions as number_ranges
from address.properties.actions import creation, retirement
from address.properties.actions.checks import check_classification, lock_open_street
from address.shared import lifecycle
from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import conflict, invalid, not_found

_PLANNED = 6  # BS 7666 state: planning permission granted
_SHELL = "PP"  # AddressBase class of a building that is only the parent of its flats
_MAX_LISTED = 20  # numbers named in a refusal


async def create_development(session: Session, act: ChangeContext, asked: NewDevelopment) -> Development:
    """Enter all properties of a development, provisional.

    Raises Problem 400 for a plot that cannot be, 409 when a number or name is taken or no UPRNs are left.
    """
    await lock_exclusive(session, act.council)
    street = await lock_open_street(session, act.council, asked.street, "street")
    plots = _plots_of(asked)
    for code in {asked.classification, *(one.classification for one in asked.plots)} - {None}:
        check_classification(code or "")
    await _check_free(session, act.council, asked.street, plots)
    wanted = sum(plot.properties for plot in plots)
    uprns = await number_ranges.allocate(session, act.council, "uprn", wanted)
    places = {"usrn": asked.street, "postcode": asked.postcode, "logical_status": lifecycle.PROVISIONAL}
    places |= {"locality": asked.locality or street.locality, "post_town": asked.post_town or street.town}
    listed = _list_properties(asked, plots, uprns)
    await creation.insert_properties(session, act, [{**places, **one} for one in listed])
    identity = ids.new()
    development = {"id": identity, "usrn": asked.street, "name": asked.name, "actor": act.actor, "version": 1}
    of = {"council": act.council, "development_id": identity}
    numbered = [{**of, "uprn": one["uprn"], "plot": one["plot"]} for one in listed]
    await store.insert_development(session, {"council": act.council, **development}, numbered)
    await record(session, act, CREATED, dict.fromkeys(uprns))
    return await get_development(session, act.council, identity)


async def get_development(
    session: ReadSession, council: str, development: UUID, day: date | None = None
) -> Development:
    """The development with its properties, now or as they stood on a day. Raises Problem 404."""
    row = await store.get_development(session, council, development)
    if row is None:
        raise not_found(f"development {ids.show(development)}")
    plots = await store.list_plots(session, council, development, day)
    return Development(
        properties=[schemas.Plot(**plot._mapping) for plot in plots],  # noqa: SLF001
        street=str(row.usrn),
        **{name: getattr(row, name) for name in ("id", "version", "name", "created_at", "approved_at")},
    )


async def approve_development(
    session: Session, act: ChangeContext, development: UUID, asked: Approval, seen: set[int]
) -> Development:
    """Approve all its properties that are provisional still. Raises Problem 404 and 412."""
    await lock_exclusive(session, act.council)
    version = await store.lock(session, act.council, development)
    if version is None:
        raise not_found(f"development {ids.show(development)}")
    check_version(seen, version, "development")
    uprns = await store.lock_provisional(session, act.council, development)
    if uprns:
        await retirement.set_status(session, act, uprns, lifecycle.APPROVED, asked.state)
        await store.set_approved(session, act.council, development)
        changes: dict[str, list[Any]] = {"logical_status": [lifecycle.PROVISIONAL, lifecycle.APPROVED]}
        if asked.state is not None:
            changes["state"] = [_PLANNED, asked.state]
        await record(session, act, CHANGED, dict.fromkeys(uprns, changes))
    return await get_development(session, act.council, development)


def _plots_of(asked: NewDevelopment) -> list[Plot]:
    """The plots as given, or as the scheme numbers them. Raises Problem 400."""
    if asked.scheme is None:
        plots = [Plot(one.reference, one.number, one.name, tuple(one.flats)) for one in asked.plots]
        nameless = [plot.reference for plot in plots if plot.number is None and plot.name is None]
        if nameless:
            raise invalid("body.plots", f"has {nameless[0]} with neither number nor name")
    else:
        rule = asked.scheme
        try:
            numbers = rules.number_by_scheme(rule.side, rule.first, rule.count, rule.skip)
        except ValueError as error:
            raise invalid("body.scheme", str(error)) from error
        plots = [Plot(f"{rule.prefix} {nth}", str(number)) for nth, number in enumerate(numbers, 1)]
    if fault := rules.plots_fault(plots):
        raise invalid("body.plots", fault)
    return plots


async def _check_free(session: Session, council: str, usrn: int, plots: Sequence[Plot]) -> None:
    """Raises Problem 409 when the street has some of the numbers or names, 400 for a number that is none."""
    there = [Building(row.number, row.name) for row in await store.list_buildings(session, council, usrn)]
    try:
        taken = rules.find_taken([Building(plot.number, plot.name) for plot in plots], there)
    except ValueError as error:
        raise invalid("body.plots", f"has a number that {error}") from error
    if taken:
        shown = ", ".join(taken[:_MAX_LISTED])
        detail = f"{len(taken)} of these stand on the street already, or twice in the request: {shown}."
        raise conflict("number-taken", detail)


def _list_properties(
    asked: NewDevelopment, plots: Sequence[Plot], uprns: Sequence[int]
) -> list[dict[str, Any]]:
    """The fields of every property, each building before its flats, with its UPRN."""
    free = iter(uprns)
    given = {one.reference: one for one in asked.plots}
    listed: list[dict[str, Any]] = []
    for plot in plots:
        own = given.get(plot.reference)
        building = {
            "plot": plot.reference,
            "state": _PLANNED,
            "easting": asked.easting if own is None or own.easting is None else own.easting,
            "northing": asked.northing if own is None or own.northing is None else own.northing,
            "building_number": plot.number,
            "building_name": plot.name,
            "sub_building": None,
        }
        usual = (own and own.classification) or asked.classification
        parent = next(free)
        of_building = {"uprn": parent, "classification": _SHELL if plot.flats else usual}
        listed.append({**building, **of_building, "parent_uprn": None})
        for flat in plot.flats:
            of_flat = {"uprn": next(free), "classification": usual, "parent_uprn": parent}
            listed.append({**building, **of_flat, "sub_building": flat})
    return listed


def to_line(row: Row[Any]) -> schemas.DevelopmentLine:
    """A development in a list."""
    return schemas.DevelopmentLine(
        street=str(row.usrn),
        **{
            name: getattr(row, name)
            for name in ("id", "version", "name", "created_at", "approved_at", "properties")
        },
    )
