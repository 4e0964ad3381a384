"""The model of the confidence: threshold, fitted and fixed coefficients, and the findings of an exact match.

It is a logistic regression on the findings of the best candidate; ``docs/accuracy.md`` says how it is fitted
and how well it does.
"""

from address.matching.rules.coefficients import BASE, COEFFICIENTS

THRESHOLD = 0.5
# Fixed log-odds added to the fitted ones: the training sets have few or no such addresses.
_FIXED = {
    "words beside": -8.0,  # land or a garage beside the property
    "name other": -4.0,  # another building of the street is named
    "unit doubled": -8.0,  # a room of a flat
    "name extra": -1.5,  # the name of a building in another street
    "street denied": -5.0,  # another street is named
}
_UNMET = -2.0
_COEFFICIENTS = COEFFICIENTS | {name: COEFFICIENTS.get(name, 0.0) + more for name, more in _FIXED.items()}
# The only findings that an exact match may have.
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
EXACT = frozenset(f"{field} {finding}" for field, findings in _EXACT.items() for finding in findings)


def log_odds(features: tuple[str, ...]) -> float:
    """Compute the log-odds that the best candidate is meant. A feature without a coefficient counts nothing,
    except a combination of street, postcode and locality."""
    return BASE + sum(
        _COEFFICIENTS.get(name, _UNMET if name.startswith("fit ") else 0.0) for name in features
    )
