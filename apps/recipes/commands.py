"""The commands of `python -m apps.recipes`: each returns lines to print; faults are raised or listed."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from apps.recipes.bundle import CouncilSettings, Text
from apps.recipes.check.recipes import check_recipe, check_service
from apps.recipes.load.councils import read_councils
from apps.recipes.load.faults import Fault, RecipeError, suggest
from apps.recipes.load.folder import UK, RecipeFolder
from apps.recipes.load.origins import MergedSource
from apps.recipes.scenarios.documents import Scenario, read_scenarios
from apps.recipes.scenarios.play import check_scenario, play, select
from apps.recipes.services import (
    compile_recipe,
    compile_service,
    find_parent,
    merge_texts,
    read_parent_source,
    read_welsh,
)
from apps.recipes.upgrade.differences import compare
from apps.recipes.upgrade.releases import find_upgrade, pin

# The recipe by itself, as if a council took it without a difference.
NO_COUNCIL = CouncilSettings(UK, Text("United Kingdom"), "england", ("en", "cy"), "", "", Text(""), {}, ())


class Workspace:
    """The folder of recipes with the settings of its councils."""

    def __init__(self, root: Path, settings: Path) -> None:
        self.folder = RecipeFolder(root)
        self.settings_file = settings.name
        self.councils = read_councils(settings.name, settings.read_text())

    def check(self) -> list[Fault]:
        """Check every recipe and every council's file, then play all scenarios; all faults at once."""
        faults: list[Fault] = []
        for service in self.folder.list_services():
            faults += _collect(partial(self._check_recipe, service))
        for council in self.folder.list_councils():
            for service in self.folder.list_services(council):
                faults += _collect(partial(self._check_service, council, service))
        return sorted(set(faults))

    def summarize(self) -> str:
        """Say what a check without a fault has looked at."""
        councils = self.folder.list_councils()
        files = sum(len(self.folder.list_services(council)) for council in councils)
        recipes = len(self.folder.list_services())
        return f"{recipes} recipes and {files} files of {len(councils)} councils: nothing is wrong."

    def _check_recipe(self, service: str) -> Iterator[Fault]:
        parent = self.folder.read_parent(service)
        source = read_parent_source(parent)
        faults = check_recipe(MergedSource(source.content, source), parent)
        yield from faults
        if not faults:
            yield from self.play_all(UK, service)

    def _check_service(self, council: str, service: str) -> Iterator[Fault]:
        settings = self._find_council(council)
        parent = find_parent(self.folder, council, service)
        child = self.folder.read_child(council, service)
        faults = check_service(merge_texts(parent, child), child[1], read_welsh(parent), settings)
        yield from faults
        if not faults:
            yield from self.play_all(council, service)

    def _find_council(self, slug: str) -> CouncilSettings:
        """Find a council's settings. Raises RecipeError for a council without."""
        if slug in self.councils:
            return self.councils[slug]
        way_out = suggest(slug, self.councils, "council")
        raise RecipeError([Fault(self.settings_file, 1, 1, slug, "the council has no settings.", way_out)])

    def list_scenarios(self, owner: str, service: str) -> list[tuple[str, Scenario]]:
        """List a council's scenarios: the recipe's that concern it, and its own."""
        listed = []
        for folder in dict.fromkeys((UK, owner)):
            file, text = self.folder.read_scenarios(folder, service)
            listed += [(file, scenario) for scenario in select(read_scenarios(file, text), owner)]
        return listed

    def play_all(self, owner: str, service: str) -> Iterator[Fault]:
        """Play all scenarios of a council's service, or of a recipe by itself."""
        if owner == UK:
            bundle = compile_recipe(self.folder.read_parent(service), NO_COUNCIL)
        else:
            bundle = compile_service(self.folder, self.councils[owner], service)
        for file, scenario in self.list_scenarios(owner, service):
            yield from check_scenario(bundle, file, scenario, owner)

    def simulate(self, council: str, service: str) -> Iterator[str]:
        """Play the scenarios of a council's service and print what happens and why."""
        settings = self._find_council(council)
        services = self.folder.list_services(council)
        if service not in services:
            way_out = suggest(service, services, "service")
            raise RecipeError([Fault(council, 1, 1, service, "the council has no such service.", way_out)])
        bundle = compile_service(self.folder, settings, service)
        yield bundle.identifier
        for _, scenario in self.list_scenarios(council, service):
            simulation = play(bundle, scenario)
            yield f"\n{scenario.title} ({scenario.at:%d %B %Y %H:%M})"
            yield f"  pages: {', '.join(simulation.pages)}"
            yield f"  ends: {simulation.walk.outcome} {simulation.walk.id}"
            yield from (
                f"  fact: {lookup.fact} from {lookup.provider} of {lookup.key}"
                for lookup in simulation.walk.lookups
            )
            yield from (f"  rule: {rule}" for rule in simulation.rules)
            yield from (
                f"  line: {line.name.en}: {line.times} x £{line.each / 100:.2f} = £{line.pence / 100:.2f}"
                for line in simulation.charges
            )
            if simulation.decided:
                yield f"  decided: {simulation.decided}"

    def upgrade(self, council: str, *, write: bool) -> Iterator[str]:
        """Show what a council's services would take over from newer releases; with ``write``, pin them to
        those."""
        settings = self._find_council(council)
        for service in self.folder.list_services(council):
            version = find_upgrade(self.folder, council, service)
            current = self.folder.read_lock(council).get(service)
            if current is not None and current.version == version:
                yield f"{service}: {version} is the latest."
                continue
            new = self.folder.read_parent(service, version)
            child = self.folder.read_child(council, service)
            merged = merge_texts(new, child)
            yield f"{service}: {current.version if current else 'not pinned'} -> {version}"
            if current is not None:
                before = merge_texts(self.folder.read_parent(service, current.version), child)
                yield from (f"  {difference}" for difference in compare(before.content, merged.content))
            faults = check_service(merged, child[1], read_welsh(new), settings)
            if faults:
                raise RecipeError(faults)
            if write:
                pin(self.folder, council, service, version)
                yield f"  pinned to {version}"


def _collect(list_faults: Callable[[], Iterator[Fault]]) -> list[Fault]:
    try:
        return list(list_faults())
    except RecipeError as error:
        return list(error.faults)
