"""Fit the confidence: a logistic regression on the findings of the best candidate, by Newton's method.

Findings are on or off, and few sets of them are different, so equal ones are counted together.
"""

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from address.matching import coefficients
from address.matching.decide import Weighed, best_of
from address.matching.matcher import Matcher
from services.address.accuracy.labelled_sets import Labelled

Counts = dict[tuple[str, ...], list[int]]  # findings: [times, times right]
_COEFFICIENTS = Path(coefficients.__file__)
_MODULE = '''"""The fitted confidence, in log-odds. ``python -m services.address.accuracy fit`` writes it."""

BASE = {base:.3f}
COEFFICIENTS = {{
{lines}}}
'''
_BY_HAND = {"name extra"}
_RIDGE = 0.3
_STEPS = 12
_LEAST = 5  # a finding seen less often has no coefficient of its own


def gather(found: Matcher, labelled: Iterable[Labelled], counts: Counts) -> None:
    """Count how often the best candidate of an address is right, by what was found of it."""
    for one in labelled:
        weighed: Weighed | None = best_of(found.weigh(one.asked))
        if weighed is not None:
            seen = counts.setdefault(weighed.features, [0, 0])
            seen[0] += 1
            seen[1] += one.present and weighed.best.property.uprn == one.uprn


def fit(counts: Counts) -> tuple[float, dict[str, float]]:
    """The base and the coefficients, in log-odds."""
    often: Counter[str] = Counter()
    for features, (times, _) in counts.items():
        for name in features:
            often[name] += times
    names = sorted(name for name, times in often.items() if times >= _LEAST and name not in _BY_HAND)
    place = {name: at for at, name in enumerate(names, start=1)}
    rows: list[tuple[list[int], int, int]] = [
        ([0, *(place[name] for name in features if name in place)], seen[0], seen[1])
        for features, seen in counts.items()
    ]
    found = [0.0] * (len(names) + 1)
    for _ in range(_STEPS):
        found = [old + step for old, step in zip(found, _step(found, rows), strict=True)]
    return found[0], {name: found[at] for name, at in place.items()}


def _step(found: list[float], rows: list[tuple[list[int], int, int]]) -> list[float]:
    """Newton's step from here."""
    size = len(found)
    slope = [-_RIDGE * value * (at > 0) for at, value in enumerate(found)]
    curve = [[0.0] * size for _ in range(size)]
    for at in range(size):
        curve[at][at] = _RIDGE if at else 1e-6
    for on, times, right in rows:
        chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(found[at] for at in on)))))
        pull, weight = right - times * chance, times * chance * (1 - chance)
        for at in on:
            slope[at] += pull
            row = curve[at]
            for other in on:
                row[other] += weight
    return _solve(curve, slope)


def _solve(curve: list[list[float]], slope: list[float]) -> list[float]:
    """Solve by elimination; the matrix is symmetric and positive."""
    size = len(slope)
    rows = [[*row, value] for row, value in zip(curve, slope, strict=True)]
    for at in range(size):
        pivot = rows[at][at]
        for below in range(at + 1, size):
            share = rows[below][at] / pivot
            if share:
                above, row = rows[at], rows[below]
                for column in range(at, size + 1):
                    row[column] -= share * above[column]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(rows[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found


def write(base: float, fitted: dict[str, float]) -> None:
    """Write the fitted confidence where the service reads it."""
    lines = "".join(f'    "{name}": {value:.3f},\n' for name, value in sorted(fitted.items()))
    _COEFFICIENTS.write_text(_MODULE.format(base=base, lines=lines), "utf-8")
