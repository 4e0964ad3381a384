"""Checks and compiles a council's file of differences: every fault at once, then all of its scenarios."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.recipes.bundle import Bundle, CouncilSettings
from apps.recipes.check.recipes import check_service
from apps.recipes.compile.bindings import BindingError
from apps.recipes.compile.bundles import assemble_bundle
from apps.recipes.load.councils import read_councils
from apps.recipes.load.faults import Fault, RecipeError, suggest
from apps.recipes.load.folder import UK, Parent, RecipeFolder, order_version
from apps.recipes.load.origins import MergedSource
from apps.recipes.scenarios.documents import read_scenarios
from apps.recipes.scenarios.play import check_scenario, select
from apps.recipes.services import find_parent, merge_texts, read_welsh
from chassis.problems import FieldError, Problem

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Compiled:
    """A council's service that was checked: its bundle, and where each part stands in the files."""

    bundle: Bundle
    source: MergedSource

    def place(self, error: BindingError) -> RecipeError:
        """Place what the case type does not allow in the files."""
        return RecipeError(self.source.make_fault(path, reason) for path, reason in error.faults)


def compile_folder(folder: RecipeFolder, council: CouncilSettings, service: str) -> Compiled:
    """Compile a council's file as its folder has it, with the release it is pinned to. Raises RecipeError."""
    parent = find_parent(folder, council.slug, service)
    return _compile(folder, council, service, parent, folder.read_child(council.slug, service))


def compile_file(
    folder: RecipeFolder, council: CouncilSettings, service: str, text: str, release: str | None
) -> Compiled:
    """Compile a council's file that was sent; without a release, with the latest that it may follow.

    Raises RecipeError.
    """
    file = f"{council.slug}/{service}.yaml"
    parent = folder.read_parent(service, release or _find_release(folder, file, service, text))
    return _compile(folder, council, service, parent, (file, text))


def _find_release(folder: RecipeFolder, file: str, service: str, text: str) -> str:
    lines = (line for line in text.splitlines() if line.startswith("extends:"))
    major = next(lines, "").rpartition("@")[2].strip()
    releases = [each for each in folder.list_releases(service) if each.partition(".")[0] == major]
    if not releases:
        versions = folder.list_releases(service)
        way_out = suggest(major, versions, "release") if versions else "There is no such recipe."
        raise RecipeError([Fault(file, 1, 1, "extends", "it follows no release of this recipe.", way_out)])
    return max(releases, key=order_version)


def _compile(
    folder: RecipeFolder, council: CouncilSettings, service: str, parent: Parent, child: tuple[str, str]
) -> Compiled:
    source = merge_texts(parent, child)
    welsh = read_welsh(parent)
    if faults := check_service(source, child[1], welsh, council):
        raise RecipeError(faults)
    bundle = assemble_bundle(source.content, welsh, council)
    if faults := list(_play(folder, bundle, service)):
        raise RecipeError(faults)
    return Compiled(bundle, source)


def _play(folder: RecipeFolder, bundle: Bundle, service: str) -> Iterator[Fault]:
    """Play the recipe's scenarios, but for those that name a council: they hold the sums of a day.

    ``make recipe-check`` plays those too.
    """
    council = bundle.council.slug
    file, text = folder.read_scenarios(UK, service)
    for scenario in select(read_scenarios(file, text), ""):
        yield from check_scenario(bundle, file, scenario, council)


def refuse_recipe(error: RecipeError) -> Problem:
    """Make the 400 of a file with faults, each with its file, line, path and way out."""
    faults: list[dict[str, Any]] = [
        {
            "file": fault.file,
            "line": fault.line,
            "column": fault.column,
            "path": fault.path,
            "reason": fault.reason,
            "way_out": fault.way_out,
        }
        for fault in error.faults[:MOST_FAULTS]
    ]
    errors = [
        FieldError(field="body.differences", message=str(fault), code="recipe_fault")
        for fault in error.faults[:MOST_FAULTS]
    ]
    return Problem(400, "invalid-recipe", "The recipe has faults; see errors.", errors=errors, faults=faults)


def find_council(settings_file: Path, council: str) -> CouncilSettings:
    """Find a council's settings. Raises Problem 409 where it has none; reads the file. Blocking."""
    text = settings_file.read_text() if settings_file.exists() else ""
    settings = _read_councils(settings_file.name, text) if text else {}
    if council not in settings:
        detail = "This council has no settings for its services yet. Ask the operator of the region."
        raise Problem(409, "council-not-set-up", detail)
    return settings[council]


@lru_cache(maxsize=4)
def _read_councils(file: str, text: str) -> dict[str, CouncilSettings]:
    return read_councils(file, text)
