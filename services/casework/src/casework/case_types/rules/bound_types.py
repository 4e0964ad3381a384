"""A case type bound to a council: its nation and its parameters."""

from collections.abc import Iterator, Mapping

from casework.model.rules.case_type import BoundType, CaseType, Parameter
from casework.shared.faults import suggest

_TYPES = {"integer": int, "string": str, "boolean": bool}
MOST_CHARACTERS = 200


def read_source_version(number: str) -> str:
    """Read which version's text a number names: ``1.0.2027`` is a binding of ``1.0``."""
    return ".".join(number.split(".")[:2])


class BindingError(Exception):
    """A case type that a council cannot have so; ``faults`` by the parameter, or ``nation``."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))


def bind(case_type: CaseType, nation: str, parameters: Mapping[str, int | str | bool]) -> BoundType:
    """Bind a case type for a council. Raises BindingError with every fault."""
    faults = dict(_list_faults(case_type, nation, parameters))
    if faults:
        raise BindingError(faults)
    defaults = {name: parameter.default for name, parameter in case_type.parameters.items()}
    return BoundType(case_type, nation, defaults | dict(parameters))


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
    if isinstance(value, str) and not 0 < len(value) <= MOST_CHARACTERS:
        return f"it must have 1 to {MOST_CHARACTERS} characters"
    least, most = parameter.minimum, parameter.maximum
    if not isinstance(value, int) or least is None or most is None or least <= value <= most:
        return ""
    whose = "the law's bounds are" if parameter.law else "it must be"
    bounds = f"{whose} {least} to {most} {parameter.unit.replace('_', ' ')}".rstrip()
    return f"{bounds} ({parameter.source})" if parameter.source else bounds
