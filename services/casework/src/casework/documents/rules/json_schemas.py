"""JSON Schema of the files that people write, for their editors: case types and scenarios."""

import json

from pydantic import BaseModel

from casework.documents.rules.case_types import CaseTypeDocument
from casework.documents.rules.scenarios import ScenarioFileDocument

_FILES: dict[str, type[BaseModel]] = {
    "case-type.v1.json": CaseTypeDocument,
    "case-type-scenarios.v1.json": ScenarioFileDocument,
}


def write_schemas() -> dict[str, str]:
    """Write the text of each schema, by the name of its file."""
    return {
        name: json.dumps(model.model_json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, model in _FILES.items()
    }
