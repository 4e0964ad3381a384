"""From candidates to an answer: matched, ambiguous or none, how sure, and why."""

import math
from dataclasses import dataclass

from address.matching import model, reasons
from address.matching.compare import WEIGHTS, Candidate, Comparison, Scene

MOST_CANDIDATES = 5
_EQUAL = 1.0  # points between candidates that are as good as equal
_CLEAR = 2.0
_LEAST = 2.0  # points below which nothing is meant
_STREET_FINDINGS = ("street", "postcode", "locality")
_MARGINS = (0.0, 0.3, 1.0, 2.0, 4.0, 7.0)


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

    outcome: str
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


def _nearest(said: str, postcodes: set[str]) -> str:
    for length in (-2, -3):
        for other in postcodes:
            if said[:length] == other[:length]:
                return other
    return min(postcodes)


def bucket(points: float) -> str:
    """A difference of points in steps."""
    return str(sum(points > step for step in _MARGINS))


def features(best: Candidate, second: Candidate | None, elsewhere: float) -> tuple[str, ...]:
    """What the confidence is made of."""
    margin = best.points - second.points if second else 99.0
    return (*best.findings, "margin " + bucket(margin), "elsewhere " + bucket(elsewhere))


def confidence(found: tuple[str, ...]) -> float:
    """The chance that the best candidate is the property, from the fitted model."""
    score = model.BASE + sum(model.COEFFICIENTS.get(name, 0.0) for name in found)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def decide(comparison: Comparison, scenes: list[Scene], found: list[Candidate]) -> Match:
    """The answer to the question, of the streets looked at and the candidates found in them."""
    ranked = _ranked(found)
    if not ranked:
        return Match("none", None, 0.0, False, reasons.of_none(comparison, scenes), ())
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    beside = elsewhere(comparison, scenes, best)
    sure = confidence(features(best, second, beside))
    likely = _likely(ranked, sure)
    if sure >= model.THRESHOLD:
        exact = is_exact(best, second, beside)
        said = reasons.of_match(best, exact=exact)
        return Match("matched", best.property.uprn, sure, exact, said, likely)
    if second is not None and best.points - second.points < _EQUAL and _may_be(best):
        return Match("ambiguous", None, sure, False, reasons.of_ambiguous(ranked), likely)
    return Match("none", None, sure, False, reasons.of_unlikely(comparison, best, scenes), likely)


def _ranked(found: list[Candidate]) -> list[Candidate]:
    """The best of each property, best first; equal ones by UPRN, so that an answer is always the same."""
    once: dict[int, Candidate] = {}
    for one in found:
        uprn = one.property.uprn
        if uprn not in once or once[uprn].points < one.points:
            once[uprn] = one
    return sorted(once.values(), key=lambda one: (-one.points, one.property.uprn))


def elsewhere(comparison: Comparison, scenes: list[Scene], best: Candidate) -> float:
    """By how much another street fits better than the one the best candidate is in."""
    own, other = -99.0, -99.0
    for scene in scenes:
        points = street_points(comparison, scene)
        if scene.hit.usrn == best.hit.usrn:
            own = max(own, points)
        else:
            other = max(other, points)
    return other - own


def _may_be(best: Candidate) -> bool:
    return best.points > _LEAST


def is_exact(best: Candidate, second: Candidate | None, beside: float) -> bool:
    """Whether all that is said agrees, enough is said, and nothing else could be meant."""
    said = set(best.findings)
    alone = second is None or best.points - second.points > _CLEAR
    placed = "postcode equal" in said or {"postcode unsaid", "locality agrees"} <= said
    return alone and placed and beside <= 0 and said <= model.EXACT


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
