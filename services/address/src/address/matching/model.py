"""The fitted confidence: a logistic regression on the findings of the best candidate.

Written by ``python -m bench.accuracy fit``; how it is fitted and what it gives stands in docs/accuracy.md.
"""

THRESHOLD = 0.5
BASE = 0.0
COEFFICIENTS: dict[str, float] = {}
# What an answer called exact may have found.
EXACT = frozenset({
    "street exact", "postcode equal", "postcode unsaid", "locality agrees", "locality unsaid", "town agrees",
    "town unsaid", "unit same", "unit form", "name none", "name agrees", "organisation none",
    "organisation agrees", "organisation unsaid", "words none", "number unsaid",
})  # fmt: skip
