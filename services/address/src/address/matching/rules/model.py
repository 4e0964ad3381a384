"""What the answer is decided by: the threshold, what is set by hand, and what may be called exact.

The confidence is a logistic regression on the findings of the best candidate (coefficients.py); how it is
fitted and what it gives stands in docs/accuracy.md.
"""

from address.matching.rules.coefficients import BASE, COEFFICIENTS

THRESHOLD = 0.5
# In log-odds, beside what is fitted: of such addresses the made sets have few or none.
_FIXED = {
    "words beside": -8.0,  # land or a garage beside the property
    "name other": -4.0,  # a building of the street is named, and this is another
    "unit doubled": -8.0,  # a room of a flat
    "name extra": -1.5,  # it is asked for by the name of a building that stands elsewhere
    "street denied": -5.0,  # another street is named
}
_UNMET = -2.0
_KNOWN = COEFFICIENTS | {name: COEFFICIENTS.get(name, 0.0) + more for name, more in _FIXED.items()}
# All that an answer called exact may have found.
_EXACT = {
    "street": ("exact",),
    "postcode": ("equal", "unsaid"),
    "locality": ("agrees", "unsaid", "none"),
    "town": ("agrees", "unsaid"),
    "unit": ("same", "form"),
    "name": ("none", "agrees"),
    "number": ("unsaid",),
    "organisation": ("none", "agrees", "unsaid"),
    "words": ("none",),
}
EXACT = frozenset(f"{field} {found}" for field, several in _EXACT.items() for found in several)


def log_odds(features: tuple[str, ...]) -> float:
    """How likely the best candidate is the property. A feature never met in fitting says
    nothing, but for a street, postcode and locality that were never met together."""
    return BASE + sum(_KNOWN.get(name, _UNMET if name.startswith("fit ") else 0.0) for name in features)
