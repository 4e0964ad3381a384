"""The life of a property: its logical status (BS 7666-2) and what may follow what."""

PROVISIONAL = 6
APPROVED = 1
ALTERNATIVE = 3  # of an LPI only: another name of the same property
HISTORIC = 8

# A UPRN is never used again (BS 7666-2): from historic there is no way back.
_NEXT = {PROVISIONAL: {APPROVED, HISTORIC}, APPROVED: {HISTORIC}, HISTORIC: set[int]()}
# Longest chain of property, building, site ... above a property.
DEEPEST = 8


def may_become(now: int, then: int) -> bool:
    """Whether a property may pass from one logical status to another (or stay as it is)."""
    return now == then or then in _NEXT[now]


def parents_fault(uprn: int, ancestors: list[int]) -> str | None:
    """What is wrong with a property's chain of parents, nearest first, or None.

    ``ancestors`` is empty when the parent is not in the gazetteer.
    """
    if not ancestors:
        return "is not in the gazetteer"
    if uprn in ancestors:
        return "is the property itself or lies within it"
    return f"would lie more than {DEEPEST} deep" if len(ancestors) > DEEPEST else None
