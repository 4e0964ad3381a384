"""One key of a recipe taken out or changed: refused with its line, or a scenario turns red."""

import copy

from apps.recipes.check.recipes import check_merged
from apps.recipes.check.words import check_catalogue
from apps.recipes.commands import NO_COUNCIL
from apps.recipes.compile.bundles import assemble_bundle
from apps.recipes.grammar.recipe import RECIPE
from apps.recipes.grammar.shapes import Document
from apps.recipes.load.folder import read_shared
from apps.recipes.load.origins import MergedSource
from apps.recipes.load.yaml_source import Source, read_source
from apps.recipes.merge.content import merge_content
from apps.recipes.merge.permissions import check_permissions
from apps.recipes.scenarios.documents import read_scenarios
from apps.recipes.scenarios.play import check_scenario, select
from apps.recipes.services import read_welsh


def list_paths(content, path=()):
    """List the paths of a recipe's keys, the outer ones first."""
    for key, value in content.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from list_paths(value, (*path, key))


def remove(content, path):
    """Return the content without the key at a path."""
    mutated = copy.deepcopy(content)
    place = mutated
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return mutated


class Judge:
    """Judges mutations of a recipe by itself and with the differences of each council."""

    def __init__(self, folder, councils, service):
        self.parent = folder.read_parent(service)
        self.source = read_source(self.parent.file, self.parent.text)
        self.welsh = read_welsh(self.parent)
        self.catalogue = read_shared(self.parent.welsh_file, self.parent.welsh, True)  # noqa: FBT003
        self.scenarios = read_scenarios(*folder.read_scenarios("uk", service))
        self.children = [
            (councils[council], read_source(*folder.read_child(council, service)))
            for council in folder.list_councils()
        ]

    def find_fault(self, content):
        """Find the first fault of a mutated content, or None."""
        source = Source(self.source.file, content, self.source.positions, self.source.values)
        faults = list(RECIPE.check(Document(source), (), content))
        if not faults:
            merged = MergedSource(content, source)
            faults = check_merged(merged, None) or list(check_catalogue(merged, self.catalogue))
        return next(iter(faults), None) or self.play(content) or self.find_fault_of_child(source)

    def play(self, content):
        """Find the first scenario that turns red."""
        bundle = assemble_bundle(content, self.welsh, NO_COUNCIL)
        red = self.list_red(bundle, "uk")
        return next(red, None)

    def find_fault_of_child(self, source):
        """Find the first fault that a council's file has with the mutated parent."""
        for council, child in self.children:
            faults = list(check_permissions(source.content, child))
            merged = merge_content(source.content, child.content)
            bundle = assemble_bundle(merged, self.welsh, council)
            fault = next(iter(faults), None) or next(self.list_red(bundle, council.slug), None)
            if fault:
                return fault
        return None

    def list_red(self, bundle, owner):
        """List what differs from the scenarios."""
        for scenario in select(self.scenarios, owner):
            yield from check_scenario(bundle, "scenarios", scenario, owner)


def change(content, path):
    """Return the content with another value at a path: one more, another sum, the opposite, other words."""
    mutated = copy.deepcopy(content)
    place = mutated
    for part in path[:-1]:
        place = place[part]
    value = place[path[-1]]
    if isinstance(value, bool):
        place[path[-1]] = not value
    elif isinstance(value, int):
        place[path[-1]] = value + 1
    elif isinstance(value, list):
        place[path[-1]] = value[:-1]
    elif str(value).startswith("£"):
        place[path[-1]] = "£999.00"
    elif path[-1] in {"when", "yes"} and path != ("fee", "when"):
        place[path[-1]] = f"!({value})"
    else:
        place[path[-1]] = CHANGES.get(value, f"{value} more")
    return mutated


# Another value that the key may have as well.
CHANGES = {
    "now": "approved", "approved": "now", "stop": "unknown", "unknown": "stop", "ask": "stop", "offer": "no",
    "required": "offer", "again": "difference", "difference": "again", "contract": "public task",
    "public task": "contract", "contact_us": "map", "council": "uk", "officer": "officer", "bins - 1": "bins",
    "2 working days": "3 working days", "3 working days": "4 working days",
    "10 working days": "9 working days",
}  # fmt: skip
