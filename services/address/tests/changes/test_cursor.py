"""The cursor of the change feed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.changes import rules as feed


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_a_cursor_is_read_as_it_was_shown(xact, position):
    encoded = feed.Cursor(xact, position).encode()
    assert feed.decode(encoded) == feed.Cursor(xact, position)
    assert len(encoded) <= feed.MAX_LENGTH


@pytest.mark.parametrize(
    "text", ["", "x", "MS4x", "é", "=" * 9, "MS4xLi0x", "Mi4xLjE", "\x00", "1.1.1", "MS4xLjE\n"]
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match="cursor of this feed"):
        feed.decode(text)


@given(st.one_of(st.text(max_size=80), st.text(string.ascii_letters + string.digits + "-_=", max_size=80)))
def test_a_text_is_either_a_cursor_or_refused(text):
    try:
        cursor = feed.decode(text)
    except ValueError:
        return
    assert feed.decode(cursor.encode()) == cursor
