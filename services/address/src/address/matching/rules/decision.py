"""Decide on the answer from the candidates: matched, ambiguous or none, with confidence and reasons."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from address.address_comparison.rules.comparison import Candidate, Comparison
from address.address_comparison.rules.street_context import StreetContext
from address.address_comparison.rules.weights import WEIGHTS
from address.matching.rules import model, reasons
from address.matching.rules.search_result import SearchResult

MAX_CANDIDATES = 5
_MAX_ODDS = 30.0
_TIE = 0.2  # difference of points without meaning
_EQUAL = 1.0  # difference of points between practically equal candidates
_CLEAR = 2.0
_MIN_POINTS = 2.0  # least points of a property that may be meant
# Levels of findings that the confidence combines; all others are bad.
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
class LikelyProperty:
    """A property that may be meant, with the probability that it is."""

    uprn: int
    address: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Match:
    """The answer. ``outcome``: matched, ambiguous or none; ``uprn`` only when matched.

    ``exact``: the address is the gazetteer's except for short forms, case, punctuation and omitted parts that
    distinguish nothing. ``reasons``: what differs, or why there is no match, in words.
    """

    outcome: Outcome
    uprn: int | None
    confidence: float
    exact: bool
    reasons: tuple[str, ...]
    candidates: tuple[LikelyProperty, ...]


def street_points(comparison: Comparison, context: StreetContext) -> float:
    """Rate how well the street alone fits the address."""
    street = context.street
    levels = comparison.query.address.postcode or ""
    level = (
        "equal"
        if levels in street.postcodes
        else comparison.postcode(_nearest(levels, street.postcodes), street)
    )
    rank = "agrees" if context.locality_bits else "differs" if context.other_locality else "unsaid"
    how = comparison.rate_street(context, context.parts.others)
    return WEIGHTS["street " + how] + WEIGHTS["postcode " + level] + WEIGHTS["locality " + rank]


def _nearest(levels: str, postcodes: Iterable[str]) -> str:
    """Return the postcode with most in common with the address's."""
    return min(
        postcodes,
        key=lambda other_points: (
            other_points[:-2] != levels[:-2],
            other_points[:-3] != levels[:-3],
            other_points,
        ),
    )


def bucket(points: float) -> str:
    """Put a difference of points into a bucket."""
    return str(sum(points > step for step in _MARGINS))


def _fit_feature(findings: tuple[str, ...]) -> str:
    """Combine street, postcode and locality, which make up for one another."""
    levels = (_COARSE.get(finding, "bad") for finding in findings[:3])
    return "fit " + " ".join(levels)


def confidence(candidates: tuple[str, ...]) -> float:
    """Compute the probability that the best candidate is meant, from the fitted model."""
    score = model.log_odds(candidates)
    return 1 / (1 + math.exp(-max(-_MAX_ODDS, min(_MAX_ODDS, score))))


@dataclass(frozen=True, slots=True)
class Rival:
    """The best other street: by how many points it fits better, and whether the address names it."""

    points: float
    is_named: bool

    @property
    def feature(self) -> str:
        return f"elsewhere {bucket(self.points)}{' named' if self.is_named else ''}"


def find_rival(comparison: Comparison, contexts: list[StreetContext], best: Candidate) -> Rival:
    """Find how much better another street fits than that of the best candidate."""
    own_points, other_points, is_named = -99.0, -99.0, False
    for context in contexts:
        points = street_points(comparison, context)
        if context.hit.usrn == best.hit.usrn:
            own_points = max(own_points, points)
        elif points > other_points:
            other_points, is_named = points, context.hit.how not in {"unsaid", "faint", "far"}
    return Rival(other_points - own_points, is_named)


def list_features(ranked: list[Candidate], rival: Rival) -> tuple[str, ...]:
    """List the features of the confidence."""
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    margin = best.points - second.points if second else 99.0
    rivals = sum(best.points - candidate.points < _EQUAL for candidate in ranked[1:4])
    return (
        *best.findings,
        _fit_feature(best.findings),
        f"rivals {rivals}",
        "margin " + bucket(margin),
        rival.feature,
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """The best candidate, the others in rank, and the rival street."""

    best: Candidate
    ranked: list[Candidate]
    rival: Rival
    features: tuple[str, ...]

    @property
    def margin(self) -> float:
        return self.best.points - self.ranked[1].points if len(self.ranked) > 1 else 99.0


def score(result: SearchResult) -> Scored | None:
    """Score the candidates; None if there are none."""
    ranked = _rank(result.candidates)
    if not ranked:
        return None
    rival = find_rival(result.comparison, result.contexts, ranked[0])
    return Scored(ranked[0], ranked, rival, list_features(ranked, rival))


def decide(result: SearchResult) -> Match:
    """Decide on the answer from a search result."""
    scored = score(result)
    if scored is None:
        return Match("none", None, 0.0, exact=False, reasons=reasons.explain_none(result), candidates=())
    best, chance = scored.best, confidence(scored.features)
    likely = _list_likely(scored.ranked, chance)
    if chance >= model.THRESHOLD and scored.margin > _TIE:
        exact = is_exact(scored)
        levels = reasons.explain_match(best, exact=exact)
        return Match("matched", best.property.uprn, chance, exact, levels, likely)
    if scored.margin < _EQUAL and best.points > _MIN_POINTS:
        levels = reasons.explain_ambiguous(best)
        return Match("ambiguous", None, chance, exact=False, reasons=levels, candidates=likely)
    levels = reasons.explain_unlikely(result, best)
    return Match("none", None, chance, exact=False, reasons=levels, candidates=likely)


def _rank(candidates: list[Candidate]) -> list[Candidate]:
    """Rank the best candidate of each property; equal ones by UPRN, so that answers are deterministic."""
    by_uprn: dict[int, Candidate] = {}
    for candidate in candidates:
        uprn = candidate.property.uprn
        if uprn not in by_uprn or by_uprn[uprn].points < candidate.points:
            by_uprn[uprn] = candidate
    return sorted(by_uprn.values(), key=lambda candidate: (-candidate.points, candidate.property.uprn))


def is_exact(scored: Scored) -> bool:
    """Return whether everything in the address agrees, it is complete, and nothing else could be meant."""
    levels = set(scored.best.findings)
    if not levels <= model.EXACT or scored.rival.points >= 0:
        return False
    if "postcode equal" in levels:
        return scored.margin > _CLEAR
    return "locality agrees" in levels and len(scored.ranked) == 1


def _list_likely(ranked: list[Candidate], chance: float) -> tuple[LikelyProperty, ...]:
    """List the first few candidates, their confidence falling with their points."""
    best = ranked[0].points
    return tuple(
        LikelyProperty(
            candidate.property.uprn,
            candidate.property.line,
            chance
            if rank == 0
            else round(min(chance, 1 - chance) / (1 + math.exp(best - candidate.points - 2)), 4),
        )
        for rank, candidate in enumerate(ranked[:MAX_CANDIDATES])
    )
