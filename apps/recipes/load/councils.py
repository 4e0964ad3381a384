"""Councils' settings from a file, for the tools; in use they come from the councils' own data."""

from typing import Any

from apps.recipes.bundle import CouncilSettings, Text
from apps.recipes.load.yaml_source import read_source


def read_councils(file: str, text: str) -> dict[str, CouncilSettings]:
    """Read the settings of councils by slug. Raises RecipeError, or KeyError for what is missing."""
    content = read_source(file, text).content
    return {slug: _read_council(slug, keys) for slug, keys in content.items()}


def _read_council(slug: str, keys: dict[str, Any]) -> CouncilSettings:
    return CouncilSettings(
        slug=slug,
        name=_read_text(keys["name"]),
        nation=keys["nation"],
        languages=tuple(keys["languages"]),
        phone=keys["phone"],
        email=keys["email"],
        hours=_read_text(keys["hours"]),
        links=dict(keys["links"]),
        teams=tuple(keys["teams"]),
    )


def _read_text(words: dict[str, str]) -> Text:
    return Text(words["en"], words.get("cy", ""))
