"""The life of a property: its logical status (BS 7666-2) and what may follow what."""

from collections.abc import Collection

PROVISIONAL = 6
APPROVED = 1
ALTERNATIVE = 3  # of an LPI only: another name of the same property
HISTORIC = 8
LIVE = (APPROVED, PROVISIONAL)

# A UPRN is never used again (BS 7666-2): from historic there is no way back.
_NEXT = {PROVISIONAL: {APPROVED, HISTORIC}, APPROVED: {HISTORIC}, HISTORIC: set[int]()}
# What becomes of an address of a property when the property passes to a status: an alternative name stays
# one through its approval, and all end with it.
_ADDRESS_NEXT = {
    APPROVED: {PROVISIONAL: APPROVED},
    HISTORIC: {APPROVED: HISTORIC, PROVISIONAL: HISTORIC, ALTERNATIVE: HISTORIC},
}
# Longest chain of property, building, site ... above a property.
MAX_DEPTH = 8
ENGLISH, WELSH, GAELIC = "ENG", "CYM", "GAE"


def can_become(now: int, then: int) -> bool:
    """Whether a property may pass from one logical status to another (or stay as it is)."""
    return now == then or then in _NEXT[now]


def address_statuses_after(property_becomes: int) -> dict[int, int]:
    """Which statuses of addresses (LPIs) turn into which when their property passes to one."""
    return dict(_ADDRESS_NEXT.get(property_becomes, {}))


def parent_chain_fault(uprn: int, ancestors: list[int]) -> str | None:
    """What is wrong with a property's chain of parents, nearest first, or None.

    ``ancestors`` is empty when the parent is not in the gazetteer.
    """
    if not ancestors:
        return "is not in the gazetteer"
    if uprn in ancestors:
        return "is the property itself or lies within it"
    return f"would lie more than {MAX_DEPTH} deep" if len(ancestors) > MAX_DEPTH else None


def parent_status_fault(status: int, parent: int) -> str | None:
    """What is wrong with a property of a status within a parent of another, or None."""
    if status in LIVE and parent == HISTORIC:
        return "is historic: nothing that stands can lie within it"
    return None


def name_fault(language: str, status: int, property_status: int, others: Collection[tuple[str, int]]) -> str:
    """What is wrong with another address of a property, or "".

    ``others`` are the language and status of those it has. A property has one address of its own in each
    language; whatever else it is called is an alternative (BS 7666-2).
    """
    if property_status == HISTORIC:
        return "the property is historic: it gets no new names"
    if status == ALTERNATIVE:
        return ""
    if status != property_status:
        return (
            f"the property's logical status is {property_status}: the name's is that, or 3 for an alternative"
        )
    if any(known == (language, live) for known in others for live in LIVE):
        return f"the property has its address in {language} already: change that, or add an alternative (3)"
    return ""
