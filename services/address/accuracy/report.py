"""The accuracy report: the matching measured on labelled sets, as Markdown; and the fit of its confidence."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.address.accuracy import labelled_sets, places, regression, scores
from services.address.accuracy.regression import Counts
from services.address.accuracy.scores import BANDS, Score

# The least F1 of each kind and variant.
GOALS = {
    "realistic": {"all present": 0.990, "15% absent": 0.975, "no postcode": 0.970},
    "hard": {"all present": 0.950, "15% absent": 0.920, "no postcode": 0.860},
}
EXACT, RATE = 0.999, 3_000
_LARGE = "citytown"  # the gazetteer whose speed is stated
_FIT_SEED, _TEST_SEED = 7, 2


@dataclass(frozen=True)
class SetResult:
    """The score on one set, and the records matched per CPU-second."""

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
        gazetteer = places.read_gazetteer(council)
        for kind in labelled_sets.FITTED:
            for variant in labelled_sets.VARIANTS:
                labelled_set = labelled_sets.make_set(
                    gazetteer, kind, variant, "train", min(size, len(gazetteer) // 3), _FIT_SEED
                )
                regression.count_findings(
                    scores.matcher_without_absent(gazetteer, labelled_set), labelled_set, counts
                )
    regression.write(*regression.fit(counts))


def measure(size: int, half: str = "test", seed: int = _TEST_SEED) -> Iterator[SetResult]:
    """Measure every set of both councils, one after another."""
    for council in places.COUNCILS:
        gazetteer = places.read_gazetteer(council)
        for kind, variant in labelled_sets.SETS:
            labelled_set = labelled_sets.make_set(
                gazetteer, kind, variant, half, min(size, len(gazetteer) // 3), seed
            )
            matcher = scores.matcher_without_absent(gazetteer, labelled_set)
            start = time.process_time()
            score = scores.score_matcher(matcher, labelled_set)
            yield SetResult(council, kind, variant, score, len(labelled_set) / (time.process_time() - start))


def markdown(size: int) -> str:
    """Write the tables of docs/accuracy.md: the sets, the confidence, the speed and shared addresses."""
    results = list(measure(size))
    total = Score()
    for result in results:
        total.include(result.score)
    lines = [
        *_set_table(results),
        "",
        f"Precision of all answers called exact: {total.exact_precision:.4f} (goal {EXACT}).",
        "",
        *_confidence_table(total),
        "",
        *_speed_table(results),
        "",
        *_shared_address_table(),
    ]
    return "\n".join(lines)


def _set_table(results: Iterable[SetResult]) -> Iterator[str]:
    yield "| council | set | precision | recall | F1 | goal | called exact | of them right |"
    yield "|---|---|---|---|---|---|---|---|"
    for result in results:
        score = result.score
        verdict = "" if score.f1 >= result.goal else ", **falls short**"
        yield (
            f"| {result.council} | {result.kind}: {result.variant} | {score.precision:.4f} |"
            f" {score.recall:.4f} | **{score.f1:.4f}** | {result.goal:.3f}{verdict} | {score.exact:,} |"
            f" {score.exact_precision:.4f} |"
        )


def _confidence_table(total: Score) -> Iterator[str]:
    yield "| confidence | addresses | right |"
    yield "|---|---|---|"
    for low, high in pairwise(BANDS):
        answers, right = total.bands[low]
        yield f"| {low:.2f} to {high:.2f} | {answers:,} | {right / max(1, answers):.3f} |"


def _speed_table(results: Iterable[SetResult]) -> Iterator[str]:
    yield "| speed | measured | goal |"
    yield "|---|---|---|"
    for result in results:
        if (result.council, result.variant) == (_LARGE, "all present") and result.kind in GOALS:
            goal = f">= {RATE:,}" if result.kind == "realistic" else ""
            yield f"| batch, {result.kind}, {_LARGE}, records per CPU-second | {result.rate:,.0f} | {goal} |"
    gazetteer = places.read_gazetteer(_LARGE)
    start = time.process_time()
    places.build_matcher(gazetteer)
    yield f"| index of {len(gazetteer):,} properties, CPU-seconds | {time.process_time() - start:.1f} | |"


def _shared_address_table() -> Iterator[str]:
    yield "| council | properties that share their address | |"
    yield "|---|---|---|"
    for council in places.COUNCILS:
        for omission, count in places.count_shared_addresses(places.read_gazetteer(council)).items():
            yield f"| {council} | {omission} | {count:,} |"
