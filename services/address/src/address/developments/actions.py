"""Number a development: each plot gets a UPRN and an address, all plots or none."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from address.changes.actions.change_log import (
    CHANGED,
    CREATED,
    ChangeContext,
    lock_exclusive,
    record,
)
from address.developments import rules, schemas, store
from address.developments.rules import Building, Plot
from address.developments.schemas import Approval, Development, NewDevelopment, PlotGiven
from address.number_ranges import actions as number_ranges
from address.properties.actions import creation, retirement
from address.properties.actions.checks import check_classification, lock_open_street
from address.shared import lifecycle
from chassis import ids
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found

_PLANNED = 6  # BS 7666 state: planning permission granted
_SHELL = "PP"  # AddressBase class of a building that is only the parent of its flats
_MAX_LISTED = 20  # numbers named in a refusal


async def create_development(
    session: Session, context: ChangeContext, request: NewDevelopment
) -> Development:
    """Create all properties of a development, provisional.

    Raises Problem 400 for an impossible plot, 409 when a number or name is taken or no UPRNs are left.
    """
    await lock_exclusive(session, context.council)
    street = await lock_open_street(session, context.council, request.street, "street")
    plots = _plots_of(request)
    for code in {request.classification, *(plot.classification for plot in request.plots)} - {None}:
        check_classification(code or "")
    await _check_free(session, context.council, request.street, plots)
    count = sum(plot.properties for plot in plots)
    uprns = await number_ranges.allocate(session, context.council, "uprn", count)
    shared = {"usrn": request.street, "postcode": request.postcode, "logical_status": lifecycle.PROVISIONAL}
    shared |= {"locality": request.locality or street.locality, "post_town": request.post_town or street.town}
    properties = _list_properties(request, plots, uprns)
    await creation.insert_properties(session, context, [{**shared, **fields} for fields in properties])
    identity = ids.new()
    development = {
        "id": identity,
        "usrn": request.street,
        "name": request.name,
        "actor": context.actor,
        "version": 1,
    }
    key = {"council": context.council, "development_id": identity}
    plot_rows = [{**key, "uprn": fields["uprn"], "plot": fields["plot"]} for fields in properties]
    await store.insert_development(session, {"council": context.council, **development}, plot_rows)
    await record(session, context, CREATED, dict.fromkeys(uprns))
    return await get_development(session, context.council, identity)


async def get_development(
    session: ReadSession, council: str, development: UUID, day: date | None = None
) -> Development:
    """Return the development with its properties, now or on a day. Raise Problem 404."""
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
    session: Session, context: ChangeContext, development: UUID, request: Approval, precondition: Precondition
) -> Development:
    """Approve the properties that are still provisional. Raise Problem 404 and 412."""
    await lock_exclusive(session, context.council)
    version = await store.lock(session, context.council, development)
    if version is None:
        raise not_found(f"development {ids.show(development)}")
    precondition.check(version, "development")
    uprns = await store.lock_provisional(session, context.council, development)
    if uprns:
        await retirement.set_status(session, context, uprns, lifecycle.APPROVED, request.state)
        await store.set_approved(session, context.council, development)
        changes: dict[str, list[Any]] = {"logical_status": [lifecycle.PROVISIONAL, lifecycle.APPROVED]}
        if request.state is not None:
            changes["state"] = [_PLANNED, request.state]
        await record(session, context, CHANGED, dict.fromkeys(uprns, changes))
    return await get_development(session, context.council, development)


def _plots_of(request: NewDevelopment) -> list[Plot]:
    """Return the plots as requested, or as the scheme numbers them. Raise Problem 400."""
    if request.scheme is None:
        plots = [Plot(plot.reference, plot.number, plot.name, tuple(plot.flats)) for plot in request.plots]
        nameless = [plot.reference for plot in plots if plot.number is None and plot.name is None]
        if nameless:
            raise invalid("body.plots", f"has {nameless[0]} with neither number nor name")
    else:
        scheme = request.scheme
        try:
            numbers = rules.number_by_scheme(scheme.side, scheme.first, scheme.count, scheme.skip)
        except ValueError as error:
            raise invalid("body.scheme", str(error)) from error
        plots = [Plot(f"{scheme.prefix} {nth}", str(number)) for nth, number in enumerate(numbers, 1)]
    if fault := rules.plots_fault(plots):
        raise invalid("body.plots", fault)
    return plots


async def _check_free(session: Session, council: str, usrn: int, plots: Sequence[Plot]) -> None:
    """Raise Problem 409 when the street has one of the numbers or names, 400 for an impossible number."""
    existing = [Building(row.number, row.name) for row in await store.list_buildings(session, council, usrn)]
    try:
        clashes = rules.find_taken([Building(plot.number, plot.name) for plot in plots], existing)
    except ValueError as error:
        raise invalid("body.plots", f"has a number that {error}") from error
    if clashes:
        listed = ", ".join(clashes[:_MAX_LISTED])
        detail = f"{len(clashes)} of these stand on the street already, or twice in the request: {listed}."
        raise conflict("number-taken", detail)


def _list_properties(
    request: NewDevelopment, plots: Sequence[Plot], uprns: Sequence[int]
) -> list[dict[str, Any]]:
    """List the fields of each property with its UPRN, a building before its flats."""
    free = iter(uprns)
    requested = {plot.reference: plot for plot in request.plots}
    properties: list[dict[str, Any]] = []
    for plot in plots:
        requested_plot = requested.get(plot.reference)
        building = {
            "plot": plot.reference,
            "state": _PLANNED,
            "easting": _own_or(requested_plot, "easting", request.easting),
            "northing": _own_or(requested_plot, "northing", request.northing),
            "building_number": plot.number,
            "building_name": plot.name,
            "sub_building": None,
        }
        usual = _own_or(requested_plot, "classification", request.classification)
        parent = next(free)
        building_fields = {"uprn": parent, "classification": _SHELL if plot.flats else usual}
        properties.append({**building, **building_fields, "parent_uprn": None})
        for flat in plot.flats:
            flat_fields = {"uprn": next(free), "classification": usual, "parent_uprn": parent}
            properties.append({**building, **flat_fields, "sub_building": flat})
    return properties


def _own_or(plot: PlotGiven | None, name: str, shared: Any) -> Any:
    """Return the plot's own value of a field, or the development's."""
    value = getattr(plot, name, None)
    return shared if value is None else value


def to_line(row: Row[Any]) -> schemas.DevelopmentLine:
    """Convert a row to a development in a list."""
    return schemas.DevelopmentLine(
        street=str(row.usrn),
        **{
            name: getattr(row, name)
            for name in ("id", "version", "name", "created_at", "approved_at", "properties")
        },
    )
