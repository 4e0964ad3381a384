"""Undoing changes."""

from hypothesis import given
from hypothesis import strategies as st

from address.streets.rules import undo_changes

VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=3))


@given(
    st.dictionaries(st.sampled_from("abc"), VALUES, min_size=3, max_size=3),
    st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=6),
)
def test_undoing_every_change_gives_back_what_was_at_first(first, edits):
    now, changes = dict(first), []
    for edit in edits:
        changes.append({name: [now[name], value] for name, value in edit.items()})
        now |= edit
    assert undo_changes(now, reversed(changes)) == first
    assert undo_changes(now, []) == now
