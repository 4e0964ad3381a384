"""A case type bound to a council: its nation and its parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from casework.documents.rules.clocks import is_day_of_year
from casework.documents.rules.prices import PriceDocument
from casework.language.rules.catalogue import to_words
from casework.language.rules.renewals import read_day_of_year
from casework.model.rules.case_type import BoundType, CaseType, FeeLine, Parameter
from casework.model.rules.clocks import Clock
from casework.model.rules.prices import Price, Tariff
from casework.shared.faults import suggest

_TYPES = {"integer": int, "string": str, "boolean": bool}
MOST_CHARACTERS = 200


def read_source_version(number: str) -> str:
    """Read which version's text a number names: ``1.0.2027`` is a binding of ``1.0``."""
    return ".".join(number.split(".")[:2])


class BindingError(Exception):
    """A case type that cannot be bound; ``faults`` by parameter, ``prices.line``, or ``nation``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))


def bind(
    case_type: CaseType,
    nation: str,
    parameters: Mapping[str, int | str | bool],
    prices: Mapping[str, Any] | None = None,
) -> BoundType:
    """Bind a case type for a council. Raises BindingError with every fault.

    ``prices``: documents as ``documents.rules.prices`` has them, by line of the fee.
    """
    documents = {line: PriceDocument.model_validate(price) for line, price in (prices or {}).items()}
    faults = dict(_list_faults(case_type, nation, parameters)) | dict(
        _list_price_faults(case_type, documents)
    )
    if faults:
        raise BindingError(faults)
    defaults = {name: parameter.default for name, parameter in case_type.parameters.items()}
    values = defaults | dict(parameters)
    clocks = {name: _bind_clock(clock, values) for name, clock in case_type.clocks.items()}
    priced = {line: _read_price(price) for line, price in documents.items()}
    return BoundType(replace(case_type, clocks=clocks), nation, values, priced)


def _bind_clock(clock: Clock, values: Mapping[str, int | str | bool]) -> Clock:
    """Bind a clock whose periods begin on a day that a parameter has: they then have days of their own."""
    day = str(values[clock.yearly_parameter]) if clock.yearly_parameter else ""
    if not day:
        return clock
    return replace(clock, yearly_on=read_day_of_year(day), law=replace(clock.law, unit="days"))


def list_priced_lines(case_type: CaseType) -> dict[str, FeeLine]:
    """List the lines of the fee whose price a council may set."""
    lines = () if case_type.fee is None else case_type.fee.lines
    return {line.id: line for line in lines if line.id and line.amount is not None}


def write_prices(documents: Mapping[str, PriceDocument]) -> dict[str, Any]:
    """Write prices as they are kept: the same prices are the same JSON."""
    return {
        line: document.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        for line, document in documents.items()
    }


def _read_price(document: PriceDocument) -> Price:
    tariffs = tuple(
        Tariff(
            starts=tariff.starts or "",
            pence=tariff.pence,
            bands=tuple((band.least, band.pence) for band in tariff.bands),
            unknown=tariff.unknown,
        )
        for tariff in document.tariffs
    )
    return Price(tariffs, None if document.name is None else to_words(document.name))


def _list_price_faults(
    case_type: CaseType, documents: Mapping[str, PriceDocument]
) -> Iterator[tuple[str, str]]:
    lines = list_priced_lines(case_type)
    for name, document in documents.items():
        if name not in lines:
            yield f"prices.{name}", f"the fee has no such line. {suggest(name, lines, 'line')}"
        elif not lines[name].by and any(tariff.bands for tariff in document.tariffs):
            yield f"prices.{name}", "the line goes by no number, so it has no bands"


def _list_faults(
    case_type: CaseType, nation: str, parameters: Mapping[str, int | str | bool]
) -> Iterator[tuple[str, str]]:
    if nation not in case_type.nations:
        sibling = case_type.siblings.get(nation)
        way_out = f"Use {sibling}." if sibling else "There is no type for it."
        yield "nation", f"{case_type.code} does not apply in {nation.replace('_', ' ').title()}. {way_out}"
    for name, value in parameters.items():
        parameter = case_type.parameters.get(name)
        if parameter is None:
            yield name, f"there is no such parameter. {suggest(name, case_type.parameters, 'parameter')}"
        elif fault := _describe_fault(parameter, value):
            yield name, fault


def _describe_fault(parameter: Parameter, value: object) -> str:
    if type(value) is not _TYPES[parameter.type]:
        return f"it must be a {parameter.type}"
    if parameter.unit == "day_of_year":
        possible = value == "" or is_day_of_year(str(value))
        return "" if possible else f"it must be a day that each year has, such as 04-01 ({parameter.source})"
    if isinstance(value, str) and not 0 < len(value) <= MOST_CHARACTERS:
        return f"it must have 1 to {MOST_CHARACTERS} characters"
    least, most = parameter.minimum, parameter.maximum
    if not isinstance(value, int) or least is None or most is None or least <= value <= most:
        return ""
    whose = "the law's bounds are" if parameter.law else "it must be"
    bounds = f"{whose} {least} to {most} {parameter.unit.replace('_', ' ')}".rstrip()
    return f"{bounds} ({parameter.source})" if parameter.source else bounds
