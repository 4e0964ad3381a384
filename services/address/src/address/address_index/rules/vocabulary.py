"""The words of a gazetteer's names, and corrections of misspelt ones.

Each word is also indexed with one letter deleted, so that one or two wrong letters are found by a few
look-ups (the deletion neighbourhood of Garbe's SymSpell), and by its sound.
"""

import re
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

_MIN_LENGTH = 4
_CACHE_SIZE = 20_000
_MAX_CANDIDATES = 5
_SOUNDS = (
    (re.compile(r"^(KN|GN|PN)"), "N"),
    (re.compile(r"^WR"), "R"),
    (re.compile(r"PH|V"), "F"),
    (re.compile(r"GHT"), "T"),
    (re.compile(r"TCH|CH|SH|SCH"), "X"),
    (re.compile(r"CK|C(?![EIY])|Q|K"), "K"),
    (re.compile(r"C|Z"), "S"),
    (re.compile(r"G(?=[EIY])|DGE|J"), "J"),
    (re.compile(r"D"), "T"),
    (re.compile(r"B"), "P"),
    (re.compile(r"M"), "N"),
    (re.compile(r"GH|H|W|Y"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
_VOWELS = re.compile(r"(?<!^)[AEIOU]+")


def sound_key(word: str) -> str:
    """Return a rough sound key of a word: PHILLIPS and FILIPS have the same."""
    for pattern, key in _SOUNDS:
        word = pattern.sub(key, word)
    return _VOWELS.sub("", word)


class Vocabulary:
    """Words, and the words that a misspelt one may mean."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self._also: dict[str, str] = {}
        self._short: dict[str, list[str]] = {}
        self._sounds: dict[str, list[str]] = {}
        self._memory: dict[str, tuple[tuple[str, float], ...]] = {}

    def add(self, words: Iterable[str], also: Mapping[str, str] | None = None) -> None:
        """Add words. ``also``: other spellings (STREET for ST), each with the word it stands for."""
        self._also.update(also or {})
        self._memory.clear()
        for word in (*words, *(also or ())):
            if word in self.words or len(word) <= 1 or not word.isalpha():
                continue
            self.words.add(word)
            if len(word) >= _MIN_LENGTH:
                self._sounds.setdefault(sound_key(word), []).append(word)
                for short in _deletions(word):
                    self._short.setdefault(short, []).append(word)

    def list_candidates(self, word: str) -> tuple[tuple[str, float], ...]:
        """List the words that it may mean, likeliest first, with likeness from 0 to 1; never itself."""
        candidates = self._memory.get(word)
        if candidates is None:
            if len(self._memory) >= _CACHE_SIZE:
                self._memory.clear()
            candidates = self._memory[word] = self._look_up(word)
        return candidates

    def _look_up(self, word: str) -> tuple[tuple[str, float], ...]:
        if len(word) < _MIN_LENGTH - 1 or not word.isalpha():
            return ()
        near = set(self._short.get(word, ()))
        for short in _deletions(word):
            if short in self.words:
                near.add(short)
            near.update(self._short.get(short, ()))
        slips = 1 if len(word) < 6 else 2  # noqa: PLR2004
        likely = {
            candidate: 1 - distance / max(len(word), len(candidate))
            for candidate in near
            if candidate != word and (distance := OSA.distance(word, candidate, score_cutoff=slips)) <= slips
        }
        for candidate in self._sounds.get(sound_key(word), ()):
            like = OSA.normalized_similarity(word, candidate)
            if candidate != word and like > 0.5:  # noqa: PLR2004
                likely[candidate] = max(likely.get(candidate, 0), like, 0.75)
        ranked = sorted(likely.items(), key=lambda item: (-item[1], item[0][0] != word[0], item[0]))
        likeness: dict[str, float] = {}
        for candidate, like in ranked:
            likeness.setdefault(self._also.get(candidate, candidate), like)
        return tuple(likeness.items())[:_MAX_CANDIDATES]


def _deletions(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}
