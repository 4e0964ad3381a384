"""From candidates to an answer: matched, ambiguous or none, how sure, and why."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from address.address_comparison.rules.comparison import Candidate, Comparison
from address.address_comparison.rules.street_context import Scene
from address.address_comparison.rules.weights import WEIGHTS
from address.matching.rules import model, reasons

MOST_CANDIDATES = 5
_MOST_ODDS = 30.0
_TIE = 0.2  # points that tell nothing
_EQUAL = 1.0  # points between candidates that are as good as equal
_CLEAR = 2.0
_LEAST = 2.0  # points below which nothing is meant
# Steps of a field that the confidence takes together with other fields; what is not here is bad.
_COARSE = {
    "street exact": "good",
    "street near": "good",
    "street typo": "fair",
    "street core": "fair",
    "street unsaid": "unsaid",
    "postcode equal": "good",
    "postcode street": "fair",
    "postcode slip": "fair",
    "postcode sector": "fair",
    "postcode unsaid": "unsaid",
    "locality agrees": "good",
    "locality near": "good",
    "locality unsaid": "unsaid",
    "locality none": "unsaid",
}
_MARGINS = (0.0, 0.3, 1.0, 2.0, 4.0, 7.0)


Outcome = Literal["matched", "ambiguous", "none"]


@dataclass(frozen=True, slots=True)
class Likely:
    """A property that may be meant. ``confidence`` is the chance that it is."""

    uprn: int
    address: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Match:
    """The answer. ``outcome``: matched, ambiguous or none; ``uprn`` only when matched.

    ``exact``: the address is the gazetteer's own but for short forms, case, punctuation and parts left out
    that tell nothing apart. ``reasons``: what differs, or why there is no match, in words.
    """

    outcome: Outcome
    uprn: int | None
    confidence: float
    exact: bool
    reasons: tuple[str, ...]
    candidates: tuple[Likely, ...]


def street_points(comparison: Comparison, scene: Scene) -> float:
    """How well the street alone fits what is said."""
    street = scene.street
    said = comparison.asks.said.postcode or ""
    level = (
        "equal" if said in street.postcodes else comparison.postcode(_nearest(said, street.postcodes), street)
    )
    place = "agrees" if scene.locality_bits else "differs" if scene.elsewhere else "unsaid"
    how = comparison.street_said(scene, scene.parts.others)
    return WEIGHTS["street " + how] + WEIGHTS["postcode " + level] + WEIGHTS["locality " + place]


def _nearest(said: str, postcodes: Iterable[str]) -> str:
    """One of the postcodes that has most in common with what is said."""
    return min(postcodes, key=lambda other: (other[:-2] != said[:-2], other[:-3] != said[:-3], other))


def bucket(points: float) -> str:
    """A difference of points in steps."""
    return str(sum(points > step for step in _MARGINS))


def _fit(findings: tuple[str, ...]) -> str:
    """Street, postcode and locality together: they make up for one another."""
    said = (_COARSE.get(finding, "bad") for finding in findings[:3])
    return "fit " + " ".join(said)


def confidence(found: tuple[str, ...]) -> float:
    """The chance that the best candidate is the property, from the fitted model."""
    score = model.log_odds(found)
    return 1 / (1 + math.exp(-max(-_MOST_ODDS, min(_MOST_ODDS, score))))


@dataclass(frozen=True, slots=True)
class Beside:
    """The other street that fits best: by how many points better, and whether its name is said."""

    points: float
    named: bool

    @property
    def feature(self) -> str:
        return f"elsewhere {bucket(self.points)}{' named' if self.named else ''}"


def elsewhere(comparison: Comparison, scenes: list[Scene], best: Candidate) -> Beside:
    """How much better another street fits than the one the best candidate is in."""
    own, other, named = -99.0, -99.0, False
    for scene in scenes:
        points = street_points(comparison, scene)
        if scene.hit.usrn == best.hit.usrn:
            own = max(own, points)
        elif points > other:
            other, named = points, scene.hit.how not in {"unsaid", "faint", "far"}
    return Beside(other - own, named)


def features(ranked: list[Candidate], beside: Beside) -> tuple[str, ...]:
    """What the confidence is made of."""
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    margin = best.points - second.points if second else 99.0
    rivals = sum(best.points - one.points < _EQUAL for one in ranked[1:4])
    return (
        *best.findings,
        _fit(best.findings),
        f"rivals {rivals}",
        "margin " + bucket(margin),
        beside.feature,
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """The best candidate beside the others and beside other streets."""

    best: Candidate
    ranked: list[Candidate]
    elsewhere: Beside
    features: tuple[str, ...]

    @property
    def margin(self) -> float:
        return self.best.points - self.ranked[1].points if len(self.ranked) > 1 else 99.0


@dataclass(frozen=True, slots=True)
class Looked:
    """All that was looked at for one question."""

    comparison: Comparison
    scenes: list[Scene]
    found: list[Candidate]


def best_of(looked: Looked) -> Weighed | None:
    """The best candidate, if there is any."""
    ranked = _ranked(looked.found)
    if not ranked:
        return None
    beside = elsewhere(looked.comparison, looked.scenes, ranked[0])
    return Weighed(ranked[0], ranked, beside, features(ranked, beside))


def decide(looked: Looked) -> Match:
    """The answer to the question, of the streets looked at and the candidates found in them."""
    weighed = best_of(looked)
    if weighed is None:
        return Match("none", None, 0.0, exact=False, reasons=reasons.of_none(looked), candidates=())
    best, sure = weighed.best, confidence(weighed.features)
    likely = _likely(weighed.ranked, sure)
    if sure >= model.THRESHOLD and weighed.margin > _TIE:
        exact = is_exact(weighed)
        said = reasons.of_match(best, exact=exact)
        return Match("matched", best.property.uprn, sure, exact, said, likely)
    if weighed.margin < _EQUAL and best.points > _LEAST:
        said = reasons.of_ambiguous(best)
        return Match("ambiguous", None, sure, exact=False, reasons=said, candidates=likely)
    said = reasons.of_unlikely(looked, best)
    return Match("none", None, sure, exact=False, reasons=said, candidates=likely)


def _ranked(found: list[Candidate]) -> list[Candidate]:
    """The best of each property, best first; equal ones by UPRN, so that an answer is always the same."""
    once: dict[int, Candidate] = {}
    for one in found:
        uprn = one.property.uprn
        if uprn not in once or once[uprn].points < one.points:
            once[uprn] = one
    return sorted(once.values(), key=lambda one: (-one.points, one.property.uprn))


def is_exact(weighed: Weighed) -> bool:
    """Whether all that is said agrees, enough is said, and nothing else could be meant."""
    said = set(weighed.best.findings)
    if not said <= model.EXACT or weighed.elsewhere.points >= 0:
        return False
    if "postcode equal" in said:
        return weighed.margin > _CLEAR
    return "locality agrees" in said and len(weighed.ranked) == 1


def _likely(ranked: list[Candidate], sure: float) -> tuple[Likely, ...]:
    """The first few, their confidence falling with their points."""
    best = ranked[0].points
    return tuple(
        Likely(
            one.property.uprn,
            one.property.line,
            sure if place == 0 else round(min(sure, 1 - sure) / (1 + math.exp(best - one.points - 2)), 4),
        )
        for place, one in enumerate(ranked[:MOST_CANDIDATES])
    )
