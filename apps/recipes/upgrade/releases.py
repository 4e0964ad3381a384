"""Freezes a recipe as a release, and moves a council's pins to the latest of its majors."""

from apps.recipes.load.faults import Fault, RecipeError
from apps.recipes.load.folder import UK, Pin, RecipeFolder, order_version
from apps.recipes.services import read_parent_source
from apps.recipes.upgrade.differences import Difference, compare, judge, next_version


def compare_with_release(folder: RecipeFolder, service: str) -> list[Difference]:
    """List how a recipe differs from its latest release; empty if there is none. Raises RecipeError."""
    releases = folder.list_releases(service)
    if not releases:
        return []
    contents = [
        read_parent_source(folder.read_parent(service, version)).content for version in (releases[-1], "")
    ]
    return compare(*contents)


def release(folder: RecipeFolder, service: str) -> str:
    """Freeze a recipe; return its version. The tool says which it is. Raises RecipeError."""
    parent = folder.read_parent(service)
    source = read_parent_source(parent)
    releases = folder.list_releases(service)
    version = source.content["version"]
    if releases:
        differences = compare_with_release(folder, service)
        same_files = parent.hash == folder.read_parent(service, releases[-1]).hash
        size = judge(differences) if differences or same_files else "minor"
        expected = next_version(releases[-1], size)
        if version != expected:
            way_out = f'Write `version: "{expected}"`: the difference is {size}.'
            raise RecipeError(
                [source.make_fault(("version",), f"{version} is not the next version.", way_out)]
            )
        if version in releases:
            return str(version)
    for text, ending in ((parent.text, ".yaml"), (parent.welsh, ".cy.yaml")):
        if text:
            (folder.root / UK / "released" / f"{service}@{version}{ending}").write_text(text)
    return str(version)


def find_upgrade(folder: RecipeFolder, council: str, service: str) -> str:
    """Find the latest release of the major that a council's file names. Raises RecipeError."""
    file, text = folder.read_child(council, service)
    first = next((line for line in text.splitlines() if line.startswith("extends:")), "")
    major = first.rpartition("@")[2].strip()
    fitting = [version for version in folder.list_releases(service) if version.partition(".")[0] == major]
    if not fitting:
        raise RecipeError(
            [Fault(file, 1, 1, "extends", f"no release of major {major}.", "Name one that there is.")]
        )
    return max(fitting, key=order_version)


def pin(folder: RecipeFolder, council: str, service: str, version: str) -> None:
    """Pin a council's service to a release."""
    pins = folder.read_lock(council)
    pins[service] = Pin(version, folder.read_parent(service, version).hash)
    folder.write_lock(council, pins)
