"""A council's services from the folder of recipes: merged, checked for what a file may say, and assembled."""

from functools import lru_cache

from apps.recipes.bundle import Bundle, CouncilSettings
from apps.recipes.compile.bundles import assemble_bundle
from apps.recipes.compile.texts import Welsh, read_catalogue
from apps.recipes.grammar.recipe import CHILD, RECIPE
from apps.recipes.grammar.shapes import Document
from apps.recipes.load.faults import Fault, RecipeError
from apps.recipes.load.folder import Parent, Pin, RecipeFolder, read_shared
from apps.recipes.load.origins import MergedSource
from apps.recipes.load.yaml_source import Source, read_source
from apps.recipes.merge.content import merge_content
from apps.recipes.merge.permissions import check_permissions


def compile_service(folder: RecipeFolder, council: CouncilSettings, service: str) -> Bundle:
    """Compile a council's service from its file and the release it is pinned to. Raises RecipeError."""
    parent = find_parent(folder, council.slug, service)
    file, text = folder.read_child(council.slug, service)
    return compile_texts(parent, (file, text), council)


def compile_texts(parent: Parent, child: tuple[str, str], council: CouncilSettings) -> Bundle:
    """Compile a recipe with a council's file, both as text. Raises RecipeError with every fault."""
    merged = merge_texts(parent, child)
    return assemble_bundle(merged.content, read_welsh(parent), council)


def compile_recipe(parent: Parent, council: CouncilSettings) -> Bundle:
    """Compile a recipe by itself, as ``uk`` has it, for a council without differences. Raises RecipeError."""
    source = read_parent_source(parent)
    return assemble_bundle(source.content, read_welsh(parent), council)


def find_parent(folder: RecipeFolder, council: str, service: str) -> Parent:
    """Read the release that a council's service is pinned to.

    Raises RecipeError if its files were changed.
    """
    pin: Pin | None = folder.read_lock(council).get(service)
    if pin is None:
        way_out = f"Run `make recipe-upgrade council={council}`."
        raise RecipeError(
            [Fault(f"{council}/lock", 1, 1, service, "the service is pinned to no release.", way_out)]
        )
    parent = folder.read_parent(service, pin.version)
    if parent.hash != pin.hash:
        reason = f"the files of release {pin.version} are not those that were pinned."
        raise RecipeError(
            [Fault(f"{council}/lock", 1, 1, service, reason, "A release never changes: restore it.")]
        )
    return parent


def merge_texts(parent: Parent, child: tuple[str, str]) -> MergedSource:
    """Merge a council's file into a recipe. Raises RecipeError with every fault of either file."""
    source = read_parent_source(parent)
    difference = read_source(*child)
    faults = list(CHILD.check(Document(difference, child=True), (), difference.content))
    if not faults:
        faults = list(_check_parent(source, difference)) + list(check_permissions(source.content, difference))
    if faults:
        raise RecipeError(faults)
    return MergedSource(merge_content(source.content, difference.content), source, difference)


def read_parent_source(parent: Parent) -> Source:
    """Read a recipe. Raises RecipeError with every fault of its form."""
    return _read_recipe(parent.file, parent.text)


@lru_cache(maxsize=256)
def _read_recipe(file: str, text: str) -> Source:
    source = read_shared(file, text, False)  # noqa: FBT003 a key of the cache
    if faults := list(RECIPE.check(Document(source), (), source.content)):
        raise RecipeError(faults)
    return source


@lru_cache(maxsize=256)
def read_welsh(parent: Parent) -> dict[str, Welsh]:
    """Read a recipe's catalogue of Welsh; empty if there is none."""
    return read_catalogue(read_shared(parent.welsh_file, parent.welsh, True).content) if parent.welsh else {}  # noqa: FBT003


def _check_parent(parent: Source, child: Source) -> list[Fault]:
    name = f"{parent.content['recipe']}@{parent.content['version'].partition('.')[0]}"
    if child.content["extends"] == name:
        return []
    return [child.make_fault(("extends",), f"the lock pins {name}.", f"Write `extends: {name}`, or upgrade.")]
