"""Days and amounts as people in the United Kingdom write them."""

import ast
from datetime import date
from pathlib import Path

import pytest

import payments
from payments.checkout.rules.countries import list_countries
from payments.shared.locales import format_amount, format_day

LOCALES = "shared/locales.py"


@pytest.mark.parametrize(("language", "text"), [("en", "22 April 2027"), ("cy", "22 Ebrill 2027")])
def test_a_day_comes_before_its_month(language, text):
    assert format_day(date(2027, 4, 22), language) == text


@pytest.mark.parametrize("language", ["en", "cy"])
def test_an_amount_is_in_pounds(language):
    assert format_amount(123_456, language) == "£1,234.56"


def test_countries_have_the_names_of_the_readers_language():
    assert (list_countries("en")["DE"], list_countries("cy")["DE"]) == ("Germany", "Yr Almaen")


def test_a_locale_is_chosen_in_one_module_alone():
    root = Path(payments.__file__).parent
    assert [name for name in list_imports_of_babel(root) if name != LOCALES] == []
    assert LOCALES in list_imports_of_babel(root)


def list_imports_of_babel(root):
    """List the modules that import Babel, wherever in them."""
    names = []
    sources = {path: path.read_text() for path in sorted(root.rglob("*.py"))}
    for path in [path for path, source in sources.items() if "babel" in source]:
        for node in ast.walk(ast.parse(sources[path])):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(module.split(".")[0] == "babel" for module in modules):
                names.append(str(path.relative_to(root)))
    return names
