"""How well a matcher does on a labelled set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from address.matching import Match, Matcher
from services.address.accuracy.labelled_sets import Labelled
from services.address.accuracy.places import Place, matcher

BANDS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)


@dataclass
class Score:
    """Counts. Right: matched with the property meant. Wrong: with another, or when it is absent. Missed:
    present, and not matched with it."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    exact: int = 0
    exact_wrong: int = 0
    ambiguous: int = 0
    bands: dict[float, list[int]] = field(default_factory=lambda: {band: [0, 0] for band in BANDS[:-1]})

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    @property
    def exact_precision(self) -> float:
        return 1 - self.exact_wrong / max(1, self.exact)

    def add(self, one: Labelled, answer: Match) -> bool:
        """Count an answer; whether it was as it should be."""
        meant = one.present and answer.uprn == one.uprn
        self.right += meant
        self.wrong += answer.uprn is not None and not meant
        self.missed += one.present and not meant
        self.ambiguous += answer.outcome == "ambiguous"
        self.exact += answer.exact
        self.exact_wrong += answer.exact and not meant
        if answer.candidates:
            first = one.present and answer.candidates[0].uprn == one.uprn
            band = max(low for low in self.bands if low <= answer.confidence)
            self.bands[band][0] += 1
            self.bands[band][1] += first
        return meant or (not one.present and answer.uprn is None)

    def include(self, other: "Score") -> None:
        """Add another set's counts of exact answers and of confidence."""
        self.exact += other.exact
        self.exact_wrong += other.exact_wrong
        for band, (times, right) in other.bands.items():
            self.bands[band][0] += times
            self.bands[band][1] += right


def without(places: Sequence[Place], labelled: Iterable[Labelled]) -> Matcher:
    """A matcher of the gazetteer without the properties the set says are absent."""
    absent = {one.uprn for one in labelled if not one.present}
    return matcher(place for place in places if place.uprn not in absent)


def score(found: Matcher, labelled: Iterable[Labelled]) -> Score:
    result = Score()
    for one in labelled:
        result.add(one, found.match(one.asked))
    return result
