"""Case types as their pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from casework.calendar.rules.nations import Nation
from casework.case_types.actions.numbered import NumberedVersion, get_numbered
from casework.case_types.actions.published import find_published, list_published
from casework.case_types.actions.versions import list_versions, write_summary
from casework.case_types.schemas import VersionSummary
from casework.diagrams.actions import chart_version
from casework.diagrams.rules.chart import Chart
from casework.diagrams.rules.vocabulary import Wording
from casework.model.rules.case_type import BoundType, Parameter
from casework.model.rules.clocks import Clock
from casework.office.rules.values import format_pence
from casework.performance.actions.figures import count_open
from chassis.database import ReadSession
from chassis.problems import not_found
from chassis.web.sign_in import Staff

_MOST_VERSIONS = 50
_PENCE = "pence"


@dataclass(frozen=True, slots=True)
class TypeLine:
    """A case type in the list."""

    code: str
    name: str
    version: str
    nations: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A deadline: how long, and what obliges the council."""

    name: str
    length: str
    basis: str
    source: str
    verified: bool
    is_law: bool


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """What a council may set, as it stands and within which bounds."""

    name: str
    value: str
    default: str
    bounds: str


@dataclass(frozen=True, slots=True)
class TypeView:
    """A version of a case type on its page."""

    version: NumberedVersion
    chart: Chart
    nations: str
    clocks: list[ClockLine]
    parameters: list[ParameterLine]
    versions: Sequence[VersionSummary]
    open: int
    overdue: int
    oldest: datetime | None


async def list_types(session: ReadSession, staff: Staff) -> list[TypeLine]:
    """List the types that new cases begin with, by name."""
    counts = {row.case_type: row for row in await count_open(session, staff.council, staff.caller)}
    lines = []
    for version in await list_published(session, staff.council):
        case_type = version.bound.case_type
        row = counts.get(case_type.code)
        lines.append(
            TypeLine(
                code=case_type.code,
                name=case_type.name.en,
                version=case_type.version,
                nations=name_nations(case_type.nations),
                open=row.open if row else 0,
                overdue=row.overdue if row else 0,
            )
        )
    return sorted(lines, key=lambda line: line.name)


async def get_type(session: ReadSession, staff: Staff, code: str, number: str) -> TypeView:
    """Get a version of a type; without a number the published one, else the newest. Raises Problem 404."""
    rows = await list_versions(session, staff.council, code, None, _MOST_VERSIONS)
    if not rows:
        raise not_found("case type")
    if not number:
        published = await find_published(session, staff.council, code)
        number = published.bound.case_type.version if published else rows[-1].number
    version = await get_numbered(session, staff.council, code, number)
    counts = await count_open(session, staff.council, staff.caller, code)
    wording = Wording()
    case_type = version.bound.case_type
    return TypeView(
        version=version,
        chart=chart_version(version, wording),
        nations=name_nations(case_type.nations),
        clocks=[_write_clock(version.bound, wording, clock) for clock in case_type.clocks.values()],
        parameters=[_write_parameter(version.bound, item) for item in case_type.parameters.values()],
        versions=[write_summary(row) for row in reversed(rows)],
        open=counts[0].open if counts else 0,
        overdue=counts[0].overdue if counts else 0,
        oldest=counts[0].oldest if counts else None,
    )


def name_nations(nations: frozenset[str]) -> str:
    """Name nations in one line."""
    if len(nations) == len(Nation):
        return "United Kingdom"
    return ", ".join(nation.replace("_", " ").title() for nation in sorted(nations))


def _write_clock(bound: BoundType, wording: Wording, clock: Clock) -> ClockLine:
    return ClockLine(
        name=clock.name.en,
        length=wording.length(bound, clock.law),
        basis=wording.basis_name(clock.law),
        source=clock.law.source,
        verified=clock.law.verified,
        is_law=clock.law.basis != "local_standard",
    )


def _write_parameter(bound: BoundType, parameter: Parameter) -> ParameterLine:
    def write(value: object) -> str:
        return _write_value(value, parameter.unit)

    bounds = "Any"
    if parameter.minimum is not None and parameter.maximum is not None:
        bounds = f"{write(parameter.minimum)} to {write(parameter.maximum)}"
        bounds += ", by law" if parameter.law else ""
    unit = "" if parameter.unit == _PENCE else parameter.unit.replace("_", " ")
    return ParameterLine(
        name=parameter.name.en,
        value=f"{write(bound.parameters[parameter.id])} {unit}".rstrip(),
        default=write(parameter.default),
        bounds=bounds,
    )


def _write_value(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return format_pence(value) if unit == _PENCE else f"{value:,}"
    return str(value)
