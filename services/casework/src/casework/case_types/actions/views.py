"""Case types as the API shows them: what a council may set, and what its cases hold."""

from typing import Any

from sqlalchemy import Row

from casework.case_types.actions.library import UnknownCaseTypeError, load
from casework.case_types.rules.bound_types import list_priced_lines
from casework.case_types.rules.fields_schema import make_fields_schema
from casework.case_types.schemas import (
    DeclaredLine,
    ParameterView,
    ShippedType,
    StateView,
    Text,
    VersionView,
)
from casework.model.rules.case_type import CaseType
from casework.shared.words import Words
from chassis.problems import not_found


def get_shipped(code: str) -> ShippedType:
    """Get a type that ships with casework. Raises Problem 404."""
    try:
        case_type = load(code)
    except UnknownCaseTypeError:
        raise not_found("case type of this code that ships") from None
    return ShippedType(
        code=case_type.code,
        number=case_type.version,
        name=_write(case_type.name),
        digest=case_type.digest,
        nations=sorted(case_type.nations),
        **_write_declarations(case_type),
    )


def write_version(row: Row[Any], case_type: CaseType) -> VersionView:
    """Write a version of a council."""
    states = {
        name: StateView(public=_write(state.public), staff=_write(state.staff), end=state.end)
        for name, state in case_type.states.items()
    }
    return VersionView(**row._asdict(), **_write_declarations(case_type), states=states)


def _write_declarations(case_type: CaseType) -> dict[str, Any]:
    parameters = {
        name: ParameterView(
            type=each.type,
            name=_write(each.name),
            default=each.default,
            minimum=each.minimum,
            maximum=each.maximum,
            unit=each.unit,
            law=each.law,
            source=each.source,
        )
        for name, each in case_type.parameters.items()
    }
    lines = {
        name: DeclaredLine(name=_write(line.name), by=line.by)
        for name, line in list_priced_lines(case_type).items()
    }
    schema = make_fields_schema(case_type)
    return {"declared_parameters": parameters, "declared_lines": lines, "fields_schema": schema}


def _write(words: Words) -> Text:
    return Text(en=words.en, cy=words.cy)
