"""Each key of the recipes, taken out or changed: refused, or a scenario turns red, or on a short list."""

import re

import pytest

from apps.recipes.compile.texts import find_value
from apps.recipes.tests.mutations import Judge, change, list_paths, remove

SERVICES = ("garden-waste", "missed-bin", "parking-permit")
# No rule can know these wrong, and no scenario plays them: what is done with a case later, a page's prefill.
FREE_TO_GO = re.compile(r"later\.\w+\.\w+|ask\.address\.known")
# The same, with words that a lawyer or a colleague reads, and names of layers and holdings of the council.
FREE_TO_CHANGE = re.compile(
    r"find|later\.\w+\.\w+|privacy\.\S+|ask\.address\.(inside|known)|facts\.\w+\.(kind|layer)|set\.admin"
    r"|stop\.no_bins\.offer|decide\.else"
)


@pytest.mark.parametrize("service", SERVICES)
def test_a_key_that_is_gone_is_noticed(folder, councils, service):
    judge = Judge(folder, councils, service)
    content = judge.source.content
    assert judge.find_fault(content) is None
    unnoticed = [
        ".".join(path) for path in list_paths(content) if judge.find_fault(remove(content, path)) is None
    ]
    assert [path for path in unnoticed if not FREE_TO_GO.fullmatch(path)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_value_that_is_another_is_noticed(folder, councils, service):
    judge = Judge(folder, councils, service)
    content = judge.source.content
    leaves = [path for path in list_paths(content) if not isinstance(find_value(content, path), dict)]
    unnoticed = [".".join(path) for path in leaves if judge.find_fault(change(content, path)) is None]
    assert [path for path in unnoticed if not FREE_TO_CHANGE.fullmatch(path)] == []
