"""Names of a layer's features by their words: who searches reads the names that have the rarest word."""

import re
import sys
import unicodedata
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_SILENT = re.compile("['.`\u00b4\u2018\u2019\u02bc]")
_ENTRY = 400  # bytes of a name beside its letters: its objects, its places, its words' entries


@dataclass(frozen=True)
class NameIndex:
    """The different names, folded and as they are, and the entries of the layer that have each."""

    labels: Sequence[str]
    folded: Sequence[str]
    places: "Sequence[array[int]]"
    by_word: "Mapping[str, array[int]]"
    size: int  # bytes, estimated

    def search(self, words: str) -> "Iterator[tuple[int, str, array[int]]]":
        """Find names that are, begin with or have folded words together: rank 0, 1 or 2, label, entries."""
        entries = [self.by_word.get(word) for word in words.split()]
        postings = [each for each in entries if each is not None]
        if not postings or len(postings) < len(entries):
            return
        for name in min(postings, key=len):
            rank = rank_name(self.folded[name], words)
            if rank is not None:
                yield rank, self.labels[name], self.places[name]


def index_names(entries_of: Mapping[str, Sequence[int]]) -> NameIndex:
    """Make the index of names and the entries that have each."""
    labels, folded = list(entries_of), [fold(label) for label in entries_of]
    by_word: dict[str, array[int]] = {}
    for number, name in enumerate(folded):
        for word in dict.fromkeys(name.split()):
            by_word.setdefault(sys.intern(word), array("i")).append(number)
    places = [array("i", each) for each in entries_of.values()]
    size = sum(len(label) * 2 + _ENTRY for label in labels) + 4 * sum(map(len, places))
    return NameIndex(labels, folded, places, by_word, size)


def fold(text: str) -> str:
    """Fold a name for comparing: without case, accents (Tŷ is ty), apostrophes and marks between words."""
    letters = unicodedata.normalize("NFKD", re.sub(_SILENT, "", text.casefold()))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain))


def rank_name(label: str, words: str) -> int | None:
    """Rank a folded name: 0 for the same, 1 if it begins so, 2 if it has the words; None for another."""
    if label == words:
        return 0
    if label.startswith(f"{words} "):
        return 1
    return 2 if f" {words} " in f" {label} " else None
