"""Words for people: what facts say in Welsh is shown to who reads Welsh."""

from datetime import UTC, datetime

import pytest

from apps.recipes.load.councils import read_councils
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.services import compile_service
from apps.recipes.walk import collect_values
from resident.forms.rules.words import Reader
from tests.guards.sources import ROOT

FILE = ROOT / "dev" / "data" / "council_settings.yaml"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
ANSWERS = {"address": "10000000001", "bin": "food"}
CREW = {"reason": "the bin was too heavy", "reason_cy": "bod y bin yn rhy drwm", "time": "08:12"}


@pytest.mark.parametrize(
    ("language", "crew", "words"),
    [
        ("en", CREW, "At 08:12 the crew noted: the bin was too heavy."),
        ("cy", CREW, "Am 08:12 nododd y criw: bod y bin yn rhy drwm."),
        ("cy", {"reason": "gate locked", "time": "08:12"}, "Am 08:12 nododd y criw: gate locked."),
    ],
)
def test_what_a_fact_says_in_welsh_is_shown_in_welsh(language, crew, words):
    settings = read_councils(FILE.name, FILE.read_text())["citytown"]
    bundle = compile_service(RecipeFolder(ROOT / "recipes"), settings, "missed-bin")
    facts = {"crew": crew, "bins": {"options": [{"value": "food", "label": "Food"}]}}
    values = collect_values(bundle, ANSWERS, facts, NOW)
    reader = Reader(bundle, values, facts, ANSWERS, NOW.date(), language)
    assert reader.fill(bundle.by_stop["crew_noted"].words) == words
