"""Registers that map the names of conformance plans to our tests. A name without a test fails."""

import ast
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@cache
def _list_tests(path):
    module = ast.parse(path.read_text())
    functions = (node for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def names_a_test(reference):
    """Whether ``file::test`` is a test.

    ``file`` is ``domain/file`` below this folder, or a path from the top of the checkout.
    """
    file, _, test = reference.partition("::")
    path = FOLDER.parents[2] / file if file.endswith(".py") else FOLDER / f"{file}.py"
    return path.exists() and test in _list_tests(path)


def parametrize_register(register):
    """Parametrize a test with each pair of a register: the plan's name, and our ``file::test``."""
    pairs = [(name, test) for name, tests in register.items() for test in tests.split()]
    return pytest.mark.parametrize(("module", "test"), pairs, ids=[f"{name}-{test}" for name, test in pairs])
