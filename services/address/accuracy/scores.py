"""The score of a matcher on a labelled set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from address.matching.rules.decision import Match
from address.matching.rules.matcher import Matcher
from services.address.accuracy.labelled_sets import LabelledAddress
from services.address.accuracy.places import Place, build_matcher

BANDS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)


@dataclass
class Score:
    """Counts of answers.

    ``right``: matched with the property meant. ``wrong``: matched with another, or when it is absent.
    ``missed``: present, and not matched with it.
    """

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

    def add(self, labelled: LabelledAddress, match_: Match) -> bool:
        """Count an answer; return whether it is correct."""
        correct = labelled.present and match_.uprn == labelled.uprn
        self.right += correct
        self.wrong += match_.uprn is not None and not correct
        self.missed += labelled.present and not correct
        self.ambiguous += match_.outcome == "ambiguous"
        self.exact += match_.exact
        self.exact_wrong += match_.exact and not correct
        if match_.candidates:
            first = labelled.present and match_.candidates[0].uprn == labelled.uprn
            band = max(low for low in self.bands if low <= match_.confidence)
            self.bands[band][0] += 1
            self.bands[band][1] += first
        return correct or (not labelled.present and match_.uprn is None)

    def include(self, other: "Score") -> None:
        """Add another set's counts of exact answers and of confidence."""
        self.exact += other.exact
        self.exact_wrong += other.exact_wrong
        for band, (times, right) in other.bands.items():
            self.bands[band][0] += times
            self.bands[band][1] += right


def matcher_without_absent(places: Sequence[Place], labelled_set: Iterable[LabelledAddress]) -> Matcher:
    """Build a matcher on the gazetteer without the properties that the set marks as absent."""
    absent = {labelled.uprn for labelled in labelled_set if not labelled.present}
    return build_matcher(place for place in places if place.uprn not in absent)


def score_matcher(matcher: Matcher, labelled_set: Iterable[LabelledAddress]) -> Score:
    """Match every address of a set, and count the answers."""
    score = Score()
    for labelled in labelled_set:
        score.add(labelled, matcher.match(labelled.address))
    return score
