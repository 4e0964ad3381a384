"""The lifecycle of a property: logical statuses (BS 7666-2) and the transitions between them."""

from collections.abc import Collection

PROVISIONAL = 6
APPROVED = 1
ALTERNATIVE = 3  # of an LPI only: another name of the same property
HISTORIC = 8
LIVE = (APPROVED, PROVISIONAL)

# A UPRN is never reused (BS 7666-2): historic is final.
_NEXT = {PROVISIONAL: {APPROVED, HISTORIC}, APPROVED: {HISTORIC}, HISTORIC: set[int]()}
# The status of an address after its property's new status: alternatives stay alternatives on approval, and
# all addresses end with the property.
_ADDRESS_NEXT = {
    APPROVED: {PROVISIONAL: APPROVED},
    HISTORIC: {APPROVED: HISTORIC, PROVISIONAL: HISTORIC, ALTERNATIVE: HISTORIC},
}
# The longest chain of parents (building, site ...) above a property.
MAX_DEPTH = 8
ENGLISH, WELSH, GAELIC = "ENG", "CYM", "GAE"


def can_become(before: int, after: int) -> bool:
    """Return whether a property can pass from one logical status to another (or stay)."""
    return before == after or after in _NEXT[before]


def address_statuses_after(property_status: int) -> dict[int, int]:
    """Map each status of addresses (LPIs) to the next when their property gets a status."""
    return dict(_ADDRESS_NEXT.get(property_status, {}))


def parent_chain_fault(uprn: int, ancestors: list[int]) -> str | None:
    """Say what is wrong with a property's chain of parents, nearest first, or None.

    ``ancestors`` is empty when the parent is not in the gazetteer.
    """
    if not ancestors:
        return "is not in the gazetteer"
    if uprn in ancestors:
        return "is the property itself or lies within it"
    return f"would lie more than {MAX_DEPTH} deep" if len(ancestors) > MAX_DEPTH else None


def parent_status_fault(status: int, parent: int) -> str | None:
    """Say what is wrong with a property's status within a parent of another status, or None."""
    if status in LIVE and parent == HISTORIC:
        return "is historic: nothing that stands can lie within it"
    return None


def name_fault(
    language: str, status: int, property_status: int, existing: Collection[tuple[str, int]]
) -> str:
    """Say what is wrong with another address of a property, or "".

    ``existing``: language and status of its existing addresses. A property has one address of its own in each
    language; all others are alternatives (BS 7666-2).
    """
    if property_status == HISTORIC:
        return "the property is historic: it gets no new names"
    if status == ALTERNATIVE:
        return ""
    if status != property_status:
        return (
            f"the property's logical status is {property_status}: the name's is that, or 3 for an alternative"
        )
    if any((language, live) in existing for live in LIVE):
        return f"the property has its address in {language} already: change that, or add an alternative (3)"
    return ""
