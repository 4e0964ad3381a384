"""Names are found by their words, whatever their accents and apostrophes, and the index is bounded."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.viewer.actions.name_indexes import NameIndexes
from mapping.viewer.rules.names import fold, index_names, rank_name

NAMES = [
    "York Street",
    "New York Street",
    "York Street North",
    "Heol y T\u0177",
    "St. John's Road",
    "The Avenue",
]
INDEX = index_names({name: [number] for number, name in enumerate(NAMES)})


def search(text):
    return [(rank, label) for rank, label, _ in INDEX.search(fold(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("york street", [(0, "York Street"), (2, "New York Street"), (1, "York Street North")]),
        ("HEOL Y TY", [(0, "Heol y T\u0177")]),
        ("heol y t\u0177", [(0, "Heol y T\u0177")]),
        ("st johns road", [(0, "St. John's Road")]),
        ("St John\u2019s", [(1, "St. John's Road")]),
        ("st john`s  road", [(0, "St. John's Road")]),
        ("yor", []),  # words, not letters
        ("york avenue", []),
        ("unknown street", []),
    ],
)
def test_names_are_found_by_their_words(text, expected):
    assert search(text) == expected


WORDS = st.sampled_from(["york", "new", "street", "st\u00e2r", "o'hare", "1"])


@settings(max_examples=200, deadline=None)
@given(
    names=st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), unique=True),
    words=st.lists(WORDS, min_size=1, max_size=3).map(" ".join),
)
def test_the_index_finds_what_a_walk_over_all_names_does(names, words):
    folded = fold(words)
    index = index_names({name: [number] for number, name in enumerate(names)})
    walked = [(rank_name(fold(name), folded), name) for name in names]
    expected = {each for each in walked if each[0] is not None}
    assert {(rank, label) for rank, label, _ in index.search(folded)} == expected


class Layer:
    """As much of a snapshot as an index is made of."""

    layer = SimpleNamespace(label_property="name")

    def __init__(self, count):
        self.order = np.arange(count)

    def properties(self, place):
        return {"name": f"Street {place}"}


def test_an_index_goes_with_its_snapshot_and_when_there_is_no_room():
    indexes = NameIndexes(limit=100_000)
    first, second = Layer(100), Layer(150)
    assert indexes.get(first) is indexes.get(first)
    before = indexes.get(first)
    indexes.get(second)
    assert indexes.size <= 100_000
    assert indexes.get(first) is not before
    del first, second, before
    indexes.get(Layer(10))
    assert indexes.size < 10_000
