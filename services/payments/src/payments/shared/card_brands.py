"""Card brands: the words that processors and filters use, and the names that people and Pay's API read."""

from collections.abc import Mapping

_LABELS: Mapping[str, str] = {
    "american-express": "American Express",
    "diners-club": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "maestro": "Maestro",
    "master-card": "Mastercard",
    "unionpay": "Union Pay",
    "visa": "Visa",
}


def label_brand(brand: str | None) -> str | None:
    """Return a brand's name; a brand that is not known, as it is."""
    return None if brand is None else _LABELS.get(brand, brand)
