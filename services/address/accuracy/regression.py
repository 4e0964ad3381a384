"""The fit of the confidence: logistic regression on the findings of the best candidate, by Newton's method.

Findings are on or off, and few combinations occur, so equal ones are counted together.
"""

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from address.matching.rules import coefficients
from address.matching.rules.decision import Scored, score
from address.matching.rules.matcher import Matcher
from services.address.accuracy.labelled_sets import LabelledAddress

Counts = dict[tuple[str, ...], list[int]]  # findings: [how often, how often right]
_COEFFICIENTS = Path(coefficients.__file__)
_MODULE = '''"""The fitted confidence, in log-odds. ``python -m services.address.accuracy fit`` writes it."""

BASE = {base:.3f}
COEFFICIENTS = {{
{lines}}}
'''
_SET_BY_HAND = {"name extra"}
_RIDGE = 0.3
_ITERATIONS = 12
_MIN_COUNT = 5  # a rarer finding gets no coefficient


def count_findings(matcher: Matcher, labelled_set: Iterable[LabelledAddress], counts: Counts) -> None:
    """Count how often the best candidate is right, by its findings."""
    for labelled in labelled_set:
        scored: Scored | None = score(matcher.search(labelled.address))
        if scored is not None:
            count = counts.setdefault(scored.features, [0, 0])
            count[0] += 1
            count[1] += labelled.present and scored.best.property.uprn == labelled.uprn


def fit(counts: Counts) -> tuple[float, dict[str, float]]:
    """Fit the base and the coefficients, in log-odds."""
    frequency: Counter[str] = Counter()
    for features, (times, _) in counts.items():
        for name in features:
            frequency[name] += times
    names = sorted(
        name for name, times in frequency.items() if times >= _MIN_COUNT and name not in _SET_BY_HAND
    )
    index = {name: at for at, name in enumerate(names, start=1)}
    rows: list[tuple[list[int], int, int]] = [
        ([0, *(index[name] for name in features if name in index)], count[0], count[1])
        for features, count in counts.items()
    ]
    weights = [0.0] * (len(names) + 1)
    for _ in range(_ITERATIONS):
        weights = [old + step for old, step in zip(weights, _newton_step(weights, rows), strict=True)]
    return weights[0], {name: weights[at] for name, at in index.items()}


def _newton_step(weights: list[float], rows: list[tuple[list[int], int, int]]) -> list[float]:
    """Compute one step of Newton's method, with a ridge penalty."""
    size = len(weights)
    gradient = [-_RIDGE * value * (at > 0) for at, value in enumerate(weights)]
    hessian = [[0.0] * size for _ in range(size)]
    for at in range(size):
        hessian[at][at] = _RIDGE if at else 1e-6
    for on, times, right in rows:
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(weights[at] for at in on)))))
        residual, weight = right - times * probability, times * probability * (1 - probability)
        for at in on:
            gradient[at] += residual
            row = hessian[at]
            for column in on:
                row[column] += weight
    return _solve(hessian, gradient)


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Solve by elimination. The matrix is symmetric and positive, so no pivoting is needed."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for at in range(size):
        pivot = rows[at][at]
        for below in range(at + 1, size):
            share = rows[below][at] / pivot
            if share:
                above, row = rows[at], rows[below]
                for column in range(at, size + 1):
                    row[column] -= share * above[column]
    solution = [0.0] * size
    for at in reversed(range(size)):
        solved = sum(rows[at][column] * solution[column] for column in range(at + 1, size))
        solution[at] = (rows[at][size] - solved) / rows[at][at]
    return solution


def write(base: float, fitted: dict[str, float]) -> None:
    """Write the fitted confidence where the service reads it."""
    lines = "".join(f'    "{name}": {value:.3f},\n' for name, value in sorted(fitted.items()))
    _COEFFICIENTS.write_text(_MODULE.format(base=base, lines=lines), "utf-8")
