"""The weight of each finding, which ranks the candidates. The confidence is fitted: see matching's model.

The unit is about a natural logarithm of odds. A named street, an agreeing postcode and a named building or
organisation each settle a doubt. There is no finding for another number: such a property is no candidate.
"""

_BY_FIELD = {
    "street": {
        "exact": 6.0,
        "near": 5.2,
        "typo": 4.4,
        "core": 3.6,
        "far": 2.6,
        "other": 2.2,
        "faint": 1.2,
        "unsaid": 0.0,
        "kind": 0.8,
        "unclear": -1.0,
        "denied": -4.0,
    },
    "postcode": {
        "equal": 6.0,
        "street": 3.6,
        "slip": 3.4,
        "sector": 2.2,
        "district": 1.0,
        "unsaid": 0.0,
        "area": -0.4,
        "other": -1.5,
    },
    "locality": {
        "agrees": 2.0,
        "near": 1.6,
        "none": 0.4,
        "unsaid": 0.0,
        "differs": -1.6,
    },
    "town": {
        "agrees": 0.4,
        "unsaid": 0.0,
        "differs": -0.6,
    },
    "unit": {
        "same": 0.0,
        "form": -0.2,
        "numbered": -0.4,
        "guess": -1.6,
        "swapped": -2.5,
        "part": -2.5,
        "unsaid": -3.0,
        "doubled": -4.0,
    },
    "kind": {
        "differs": -0.8,
    },
    "number": {
        "same": 0.0,
        "unsaid": -0.4,
        "extra": -1.5,
        "spare": -3.0,
    },
    "name": {
        "agrees": 3.0,
        "near": 2.2,
        "core": 1.6,
        "none": 0.0,
        "unsaid": -0.4,
        "differs": -3.0,
        "extra": -1.0,
        "other": -3.0,
    },
    "organisation": {
        "agrees": 3.0,
        "near": 2.2,
        "none": 0.0,
        "unsaid": -0.3,
    },
    "words": {
        "none": 0.0,
        "one": -0.7,
        "two": -1.4,
        "more": -2.2,
        "beside": -6.0,
    },
}
WEIGHTS = {
    f"{field} {finding}": weight
    for field, weights in _BY_FIELD.items()
    for finding, weight in weights.items()
}
