"""Registers of tests by names others know: each name has a test of ours, or the register fails."""

import ast
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@cache
def _tests(path):
    written = ast.parse(path.read_text())
    functions = (node for node in written.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def there(named):
    """Tell whether ``file::test`` is a test: ``domain/file`` of this folder, or a path from the top."""
    file, _, test = named.partition("::")
    path = FOLDER.parents[2] / file if file.endswith(".py") else FOLDER / f"{file}.py"
    return path.exists() and test in _tests(path)


def each(register):
    """Parametrises a test with (the name others know, our ``file::test``) for all of a register."""
    pairs = [(name, test) for name, tests in register.items() for test in tests.split()]
    return pytest.mark.parametrize(("module", "test"), pairs, ids=[f"{name}-{test}" for name, test in pairs])
