"""The JSON Schemas beside the service: they are those of the models, and the types that ship fit them."""

import json
from pathlib import Path

import jsonschema
import pytest

from casework.case_types.actions.library import find_files, list_codes
from casework.case_types.actions.simulations import write_schemas
from casework.documents.rules import json_schemas
from casework.shared.yaml_source import read_source
from chassis.commands import ExitCode

FOLDER = Path(__file__).parents[2] / "schemas"


def test_the_checked_in_schemas_are_those_of_the_models():
    """Way out: python -m chassis run casework write-schemas services/casework/schemas."""
    assert {file.name: file.read_text() for file in FOLDER.iterdir()} == json_schemas.write_schemas()


async def test_the_command_writes_them(tmp_path):
    assert await write_schemas(None, [str(tmp_path)]) == ExitCode.DONE
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(json_schemas.write_schemas())


@pytest.mark.parametrize("code", list_codes())
def test_the_types_that_ship_fit_the_schemas(code):
    for ending, name in ((".yaml", "case-type.v1.json"), (".test.yaml", "case-type-scenarios.v1.json")):
        content = read_source(code, find_files(code).find(ending)).content
        jsonschema.validate(content, json.loads((FOLDER / name).read_text()))
