"""The binding of a case type that a service needs: parameters, fund and prices, within its bounds."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.recipes.bundle import Bundle, FeeLine, Setting, Tariff
from apps.recipes.codec import encode
from apps.recipes.load.faults import Path, suggest

Declared = Mapping[str, Mapping[str, Any]]
"""By name, what casework says of each parameter or line that a council may set."""

_FUND = "fund"
_FUND_CODE = re.compile(r"[0-9A-Z]{1,10}")  # as payments has them; a recipe's own word is no council's fund
_YEARLY = re.compile(r"from ([0-9]{1,2}) ([A-Z][a-z]+)")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


class BindingError(ValueError):
    """A service that the case type cannot be bound for; each fault with its path in the recipe."""

    def __init__(self, faults: list[tuple[Path, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{'.'.join(map(str, path))}: {reason}" for path, reason in faults))


def make_draft(bundle: Bundle, parameters: Declared, lines: Declared) -> dict[str, Any]:
    """Make the body of casework's ``PUT .../case-types/{code}/versions/{number}``.

    ``parameters`` and ``lines`` are ``declared_parameters`` and ``declared_lines`` of the type that ships.
    Raises BindingError with every fault.
    """
    faults: list[tuple[Path, str]] = []
    values: dict[str, Any] = {}
    for name, setting in bundle.settings.items():
        target, value = _read_setting(name, setting)
        if fault := _find_fault(name, setting, target, parameters):
            faults.append((("set", name), fault))
        values[target] = value
    prices = {}
    for line in bundle.fee.lines if bundle.fee is not None else ():
        if line.id not in lines:
            way_out = suggest(line.id, lines, "line")
            faults.append((("fee", "lines", line.id), f"the case type charges no such line. {way_out}"))
        elif _has_bands(line) and not lines[line.id]["by"]:
            faults.append((("fee", "lines", line.id, "by"), "the case type knows no bands of it."))
        prices[line.id] = _write_price(line)
    if faults:
        raise BindingError(faults)
    if bundle.fee is not None and _FUND in parameters and _FUND_CODE.fullmatch(bundle.fee.fund):
        values[_FUND] = bundle.fee.fund
    return {"parameters": values, "prices": prices}


def _read_setting(name: str, setting: Setting) -> tuple[str, Any]:
    """Read which parameter a setting is, and its value: ``from 1 April`` is a day for all, ``04-01``."""
    match = _YEARLY.fullmatch(setting.text)
    if match and match.group(2) in _MONTHS:
        return f"{name}_from", f"{_MONTHS.index(match.group(2)) + 1:02}-{int(match.group(1)):02}"
    return name, setting.number if setting.number is not None else setting.text


def _find_fault(name: str, setting: Setting, target: str, parameters: Declared) -> str:
    if target not in parameters:
        return f"the case type declares no such parameter. {suggest(name, parameters, 'parameter')}"
    keys = parameters[target]
    if keys.get("unit") == "day_of_year":
        return ""  # casework knows which days each year has
    unit = str(keys.get("unit") or "").replace("_", " ")
    if setting.number is None or setting.unit != unit:
        return f"{setting.text} is not what the case type counts it in: {unit or 'numbers'}."
    least, most = keys.get("minimum"), keys.get("maximum")
    if least is None or most is None or least <= setting.number <= most:
        return ""
    source = f" ({keys['source']})" if keys.get("source") else ""
    return f"{setting.text} is not within {least} to {most} {unit}".rstrip() + f"{source}."


def _has_bands(line: FeeLine) -> bool:
    return bool(line.by) and any(tariff.bands for tariff in line.tariffs)


def _write_price(line: FeeLine) -> dict[str, Any]:
    return {"name": _write_name(line), "tariffs": list(_list_tariffs(line))}


def _write_name(line: FeeLine) -> dict[str, str]:
    name = encode(line.name)
    return {language: words for language, words in name.items() if words}


def _list_tariffs(line: FeeLine) -> Iterator[dict[str, Any]]:
    for tariff in line.tariffs:
        start = {"from": tariff.starts} if tariff.starts else {}
        yield start | _write_pence(line, tariff)


def _write_pence(line: FeeLine, tariff: Tariff) -> dict[str, Any]:
    """Write a sum or bands. Without a number to go by the first band is the sum: it holds where the line's
    condition does, and what may not be due at all is no line in casework either."""
    if tariff.pence is not None:
        return {"pence": tariff.pence}
    if not line.by:
        return {"pence": [band.pence for band in tariff.bands if band.least <= 0][-1]}
    bands = [{"from": band.least, "pence": band.pence} for band in tariff.bands]
    return {"bands": bands, "unknown": tariff.unknown}
