"""Measure the matching on labelled sets, and fit its confidence."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bench.accuracy import fitting, places, scoring, sets
from bench.accuracy.fitting import Counts
from bench.accuracy.scoring import BANDS, Score
from bench.report import Figure

# What F1 should at least be, by kind and variant.
GOALS = {
    "realistic": {"all present": 0.990, "15% absent": 0.975, "no postcode": 0.970},
    "hard": {"all present": 0.950, "15% absent": 0.920, "no postcode": 0.860},
}
EXACT, RATE = 0.999, 3_000
_LARGE = "citytown"  # the gazetteer whose speed is stated
_FIT_SEED, _TEST_SEED = 7, 2


@dataclass(frozen=True)
class Measured:
    """One set's score, and the records matched per CPU-second."""

    council: str
    kind: str
    variant: str
    score: Score
    rate: float

    @property
    def goal(self) -> float:
        return GOALS[self.kind.removeprefix("other hand, ")][self.variant]


def fit(size: int) -> None:
    """Fit the confidence on the training half of both councils, and write it."""
    counts: Counts = {}
    for council in places.COUNCILS:
        every = places.read(council)
        for kind in sets.FITTED:
            for variant in sets.VARIANTS:
                labelled = sets.make(every, kind, variant, "train", min(size, len(every) // 3), _FIT_SEED)
                fitting.gather(scoring.without(every, labelled), labelled, counts)
    fitting.write(*fitting.fit(counts))


def measure(size: int, half: str = "test", seed: int = _TEST_SEED) -> Iterator[Measured]:
    """Every set of both councils, set by set."""
    for council in places.COUNCILS:
        every = places.read(council)
        for kind, variant in sets.SETS:
            labelled = sets.make(every, kind, variant, half, min(size, len(every) // 3), seed)
            matcher = scoring.without(every, labelled)
            start = time.process_time()
            score = scoring.score(matcher, labelled)
            yield Measured(council, kind, variant, score, len(labelled) / (time.process_time() - start))


def figures(size: int) -> list[Figure]:
    """F1 of every set against its goal, precision of what is called exact, speed and the index."""
    found = []
    exact = wrong = 0
    for one in measure(size):
        name = f"match F1, {one.council}, {one.kind}, {one.variant}"
        found.append(Figure(name, 100 * one.score.f1, "%", goal=100 * one.goal))
        exact, wrong = exact + one.score.exact, wrong + one.score.exact_wrong
        if (one.council, one.kind, one.variant) == (_LARGE, "realistic", "all present"):
            found.append(Figure("match in a batch, realistic", one.rate, "records/CPU-s", goal=RATE))
    return [
        *found,
        Figure(
            "match, precision of answers called exact",
            100 * (1 - wrong / max(1, exact)),
            "%",
            goal=100 * EXACT,
        ),
        _index(),
    ]


def _index() -> Figure:
    """How long it takes to have the large gazetteer in memory, its rows at hand."""
    every = places.read(_LARGE)
    start = time.process_time()
    places.matcher(every)
    return Figure(f"match, index of {len(every):,} properties", time.process_time() - start, "CPU-s")


def markdown(size: int) -> str:
    """The tables of docs/accuracy.md: the sets and the reliability of the confidence."""
    lines = [
        "| council | set | precision | recall | F1 | goal | called exact | of them right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    total = Score()
    for one in measure(size):
        score = one.score
        lines.append(
            f"| {one.council} | {one.kind}: {one.variant} | {score.precision:.4f} | {score.recall:.4f} |"
            f" **{score.f1:.4f}** | {one.goal:.3f} | {score.exact:,} | {score.exact_precision:.4f} |"
        )
        total.include(score)
    lines += ["", "| confidence | addresses | right |", "|---|---|---|"]
    for low, high in pairwise(BANDS):
        times, right = total.bands[low]
        lines.append(f"| {low:.2f} to {high:.2f} | {times:,} | {right / max(1, times):.3f} |")
    lines += ["", "| council | properties that share their address | |", "|---|---|---|"]
    for council in places.COUNCILS:
        for what, times in places.told_apart(places.read(council)).items():
            lines.append(f"| {council} | {what} | {times:,} |")
    return "\n".join(lines)
