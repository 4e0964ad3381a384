"""Releases are frozen, pins hold, and a parent's minor change breaks no child that is pinned."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.recipes.compile.texts import find_value
from apps.recipes.load.faults import RecipeError
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.load.yaml_source import read_source
from apps.recipes.merge.content import NONE, merge_content
from apps.recipes.services import compile_service, read_parent_source
from apps.recipes.tests.conftest import ROOT
from apps.recipes.upgrade.differences import compare, judge, next_version
from apps.recipes.upgrade.releases import find_upgrade, pin, release


@pytest.fixture
def copy(tmp_path):
    return RecipeFolder(shutil.copytree(ROOT / "recipes", tmp_path / "recipes"))


def rewrite(folder, service, *changes):
    path = folder.root / "uk" / f"{service}.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def test_a_pinned_bundle_never_moves_until_it_is_upgraded(copy, councils):
    before = compile_service(copy, councils["hillshire"], "garden-waste").identifier
    rewrite(copy, "garden-waste", ('version: "1.0"', 'version: "1.1"'), ("price: £40.00", "price: £41.00"))
    assert release(copy, "garden-waste") == "1.1"
    assert compile_service(copy, councils["hillshire"], "garden-waste").identifier == before
    assert find_upgrade(copy, "hillshire", "garden-waste") == "1.1"
    pin(copy, "hillshire", "garden-waste", "1.1")
    assert compile_service(copy, councils["hillshire"], "garden-waste").identifier != before


def test_a_release_that_was_changed_is_refused(copy, councils):
    path = copy.root / "uk" / "released" / "garden-waste@1.0.yaml"
    path.write_text(path.read_text().replace("£40.00", "£41.00"))
    with pytest.raises(RecipeError, match="not those that were pinned"):
        compile_service(copy, councils["hillshire"], "garden-waste")


@pytest.mark.parametrize(
    ("old", "new", "size"),
    [
        ("First bin", "The first bin", "minor"),
        ("price: £40.00", "price: £41.00", "minor"),
        ("max: 4}", "max: 5}", "minor"),
        ("max: 4}", "max: 3}", "major"),
        ("is: name,", "is: text,", "major"),
        (
            "  name: {is: name",
            "  more: {is: text, ask: More?, why: So, optional: true}\n  name: {is: name",
            "minor",
        ),
        ("  name: {is: name", "  more: {is: text, ask: More?, why: So}\n  name: {is: name", "major"),
        ("case: garden-waste@1", "case: garden-waste@2", "major"),
        ("held.active > 0", "held.active > 1", "major"),
        ("down: stop", "down: unknown", "major"),
    ],
)
def test_the_tool_says_how_large_a_difference_is(copy, old, new, size):
    before = read_parent_source(copy.read_parent("garden-waste")).content
    rewrite(copy, "garden-waste", (old, new))
    after = read_parent_source(copy.read_parent("garden-waste")).content
    assert judge(compare(before, after)) == size
    with pytest.raises(RecipeError, match=f"the difference is {size}"):
        release(copy, "garden-waste")
    rewrite(copy, "garden-waste", ('version: "1.0"', f'version: "{next_version("1.0", size)}"'))
    assert release(copy, "garden-waste") == next_version("1.0", size)


NAMES = st.sampled_from(["name", "ask", "bins", "max", "price", "hint", "fee", "lines", "done"])
CONTENT = st.recursive(
    st.integers(0, 9) | st.sampled_from(["words", NONE, "£5.00"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
MAPS = st.dictionaries(NAMES.filter(lambda name: name != "ask"), CONTENT, max_size=4)


@settings(max_examples=60, deadline=None)
@given(parent=MAPS, child=MAPS)
def test_merging_keeps_the_childs_every_line_and_is_idempotent(parent, child):
    merged = merge_content(parent, child)
    assert merge_content(merged, child) == merged
    for key, value in child.items():
        if not isinstance(value, dict):
            assert key not in merged if value == NONE else merged[key] == value


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_minor_change_of_a_parent_breaks_no_child(data):
    """Words, prices and looser bounds at random: every child still merges, and says what it said."""
    folder = RecipeFolder(ROOT / "recipes")
    service = data.draw(st.sampled_from(["garden-waste", "missed-bin", "parking-permit"]))
    before = read_parent_source(folder.read_parent(service)).content
    change = data.draw(
        st.dictionaries(
            st.sampled_from(sorted(before["ask"])),
            st.fixed_dictionaries({"ask": st.text("abc ", min_size=1), "hint": st.text("abc ", min_size=1)}),
        )
    )
    after = merge_content(before, {"ask": change})
    for council in folder.list_councils():
        child = read_source(*folder.read_child(council, service)).content
        merged = merge_content(after, child)
        for path in _leaves({key: value for key, value in child.items() if key != "extends"}):
            value = find_value(child, path)
            assert find_value(merged, path) == (None if value == NONE else value)


def _leaves(content, path=()):
    for key, value in content.items():
        if isinstance(value, dict) and key not in {"price", "name"}:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)
