"""From files to a compiled case type, or every fault of them at once."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from casework.clocks.rules import InvalidClock
from casework.documents.rules.case_types import CaseTypeDocument
from casework.engine.rules.deadlines import define_clock
from casework.language.rules.catalogue import add_welsh
from casework.language.rules.checks import check_document
from casework.language.rules.expressions import ExpressionSet
from casework.language.rules.parts import PartCompiler
from casework.language.rules.references import check_references
from casework.language.rules.renewals import add_renewal
from casework.language.rules.resident_checks import check_open311, check_staff_fields
from casework.model.rules.case_type import CaseType
from casework.shared.faults import CaseTypeError, Fault, Path, suggest
from casework.shared.yaml_source import Source, read_source

_UNION_TAGS = {"dict[str,TargetDocument]", "TargetDocument", "str", "int", "bool"}


def compile_case_type(file: str, text: str, welsh: str | None = None, welsh_file: str = "") -> CaseType:
    """Compile a case type of its YAML and its Welsh catalogue. Raises CaseTypeError with every fault."""
    catalogue = None if welsh is None else read_source(welsh_file or file, welsh)
    return compile_source(read_source(file, text), catalogue)


def compile_source(source: Source, catalogue: Source | None = None) -> CaseType:
    """Compile a case type that was read. Raises CaseTypeError with every fault."""
    document = read_document(source)
    faults = [*add_welsh(document, source, catalogue), *add_renewal(document, source)]
    faults += [*check_references(document, source), *check_document(document, source)]
    faults += [*check_open311(document, source), *check_staff_fields(document, source)]
    expressions = ExpressionSet(document, source)
    faults += expressions.faults
    if faults:
        raise CaseTypeError(faults)
    case_type = PartCompiler(document, expressions).compile(_digest(document))
    faults += _check_clocks(case_type, source)
    if faults:
        raise CaseTypeError(faults)
    return case_type


def read_document(source: Source) -> CaseTypeDocument:
    """Read a document of its source. Raises CaseTypeError."""
    try:
        return CaseTypeDocument.model_validate(source.content)
    except ValidationError as error:
        faults = [_explain(source, fault) for fault in error.errors(include_url=False)]
        raise CaseTypeError(faults) from None


def _explain(source: Source, fault: Any) -> Fault:
    path: Path = tuple(part for part in fault["loc"] if part not in _UNION_TAGS and "[" not in str(part))
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return source.make_fault(path, "there is no such key here.", _suggest_key(CaseTypeDocument, path))
    if kind == "missing":
        return source.make_fault(path, "it is missing.", "Add it.")
    if kind == "string_pattern_mismatch":
        return source.make_fault(path, f"it must look like {context.get('pattern')}.")
    return source.make_fault(path, f"{fault['msg'].removeprefix('Value error, ')}.")


def _suggest_key(model: Any, path: Path) -> str:
    """Suggest a key that is known where a path ends, by the document's JSON Schema."""
    schema: Any = model.model_json_schema()
    definitions, place = schema["$defs"], schema
    for part in path[:-1]:
        patterns = list(place.get("patternProperties", {}).values())
        place = place.get("properties", {}).get(str(part)) or (patterns[0] if patterns else {})
        for option in [place, *place.get("anyOf", [])]:
            if "$ref" in option:
                place = definitions[option["$ref"].rpartition("/")[2]]
    return suggest(str(path[-1]), place.get("properties", {}), "key")


def _digest(document: CaseTypeDocument) -> str:
    content = json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _check_clocks(case_type: CaseType, source: Source) -> Iterable[Fault]:
    """Let the law of time look at each clock's definition."""
    for clock in case_type.clocks.values():
        try:
            define_clock(clock, 1, 1)
        except InvalidClock as error:
            yield source.make_fault(("clocks", clock.id, error.field), f"{error.message}.")
        if clock.law.until < clock.law.in_force:
            yield source.make_fault(("clocks", clock.id, "until"), "it ends before it begins.")
