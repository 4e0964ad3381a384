"""Checks whole recipes: a parent by itself, and a council's service; every fault at once."""

from apps.recipes.bundle import CouncilSettings
from apps.recipes.check.names import check_names
from apps.recipes.check.parts import check_parts
from apps.recipes.check.prices import check_prices
from apps.recipes.check.words import check_catalogue, check_languages, check_words
from apps.recipes.compile.texts import Catalogue
from apps.recipes.load.faults import Fault
from apps.recipes.load.folder import Parent, read_shared
from apps.recipes.load.lines import count_lines
from apps.recipes.load.origins import MergedSource

MOST_LINES = 40
MOST_LINES_WITH_OFFICER = 50
MOST_CHILD_LINES = 10


def check_recipe(source: MergedSource, parent: Parent) -> list[Fault]:
    """Check a recipe and its Welsh."""
    faults = check_merged(source, None)
    most = MOST_LINES_WITH_OFFICER if "decide" in source.content else MOST_LINES
    if (count := count_lines(parent.text)) > most:
        faults.append(source.make_fault((), f"it has {count} lines; at most {most}.", "See docs/recipes.md."))
    if parent.welsh:
        faults += check_catalogue(source, read_shared(parent.welsh_file, parent.welsh, True))  # noqa: FBT003
    else:
        faults.append(source.make_fault((), "it has no catalogue of Welsh.", f"Add {parent.welsh_file}."))
    return sorted(set(faults))


def check_service(
    source: MergedSource, text: str, catalogue: Catalogue, council: CouncilSettings
) -> list[Fault]:
    """Check a council's service; ``text`` is its file."""
    faults = check_merged(source, council) + list(check_languages(source, catalogue, council))
    if (count := count_lines(text)) > MOST_CHILD_LINES:
        way_out = "Ask for the rest in the parent."
        faults.append(
            source.make_fault(("extends",), f"it has {count} lines; at most {MOST_CHILD_LINES}.", way_out)
        )
    return sorted(set(faults))


def check_merged(source: MergedSource, council: CouncilSettings | None) -> list[Fault]:
    """Check what a merged recipe says, wherever it stands."""
    return [
        *check_names(source),
        *check_parts(source, council),
        *check_prices(source, council),
        *check_words(source),
    ]
