"""Read and set the number ranges GeoPlace has allotted to a council, and allocate from them."""

from itertools import pairwise

from address.number_ranges import store
from address.number_ranges.schemas import NumberRange, Ranges, RangesSet
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid

KINDS = ("uprn", "usrn")


async def get_ranges(session: ReadSession, council: str) -> Ranges:
    """Return the council's ranges with the count of free numbers in each."""
    rows = await store.list_by_council(session, council)
    spans: dict[str, list[NumberRange]] = {kind: [] for kind in KINDS}
    for row in rows:
        spans[row.kind].append(NumberRange(first=row.first, last=row.last, free=row.free))
    return Ranges(version=max((row.version for row in rows), default=0), **spans)


async def replace_ranges(
    session: Session, council: str, new_ranges: RangesSet, precondition: Precondition
) -> Ranges:
    """Replace the council's ranges. Numbers already allocated from a range that stays are not reused.

    Raises Problem 412, 400 for ranges that overlap, 409 for numbers of another council.
    """
    await store.lock_ranges(session)
    current = await get_ranges(session, council)
    precondition.check(current.version, "ranges")
    allocated = await store.list_allocated(session, council)
    rows = []
    for kind in KINDS:
        spans = sorted((span.first, span.last) for span in getattr(new_ranges, kind))
        for before, after in pairwise(spans):
            if after[0] <= before[1]:
                raise invalid(f"body.{kind}", f"has {after[0]} in two ranges")
        if await store.find_overlap(session, council, kind, spans):
            detail = f"Some of these {kind.upper()}s are another council's here. Ask GeoPlace whose they are."
            raise conflict("range-taken", detail)
        rows += [
            {
                "kind": kind,
                "first": first,
                "last": last,
                "given": allocated.get((kind, first, last), first - 1),
                "version": current.version + 1,
            }
            for first, last in spans
        ]
    await store.replace(session, council, rows)
    return await get_ranges(session, council)


async def allocate(session: Session, council: str, kind: str, count: int) -> list[int]:
    """Allocate new UPRNs or USRNs. Raise Problem 409 when the council's ranges do not hold enough."""
    numbers = await store.allocate(session, council, kind, count)
    if len(numbers) == count:
        return numbers
    name, ranges = kind.upper(), await get_ranges(session, council)
    if not getattr(ranges, kind):
        detail = f"This council has no range of {name}s here. GeoPlace allots them: PUT /v1/ranges first."
        raise conflict("no-range", detail)
    detail = (
        f"{count} {name}s are wanted, and the council's ranges have {len(numbers)} left. Ask GeoPlace for"
        " another range and add it with PUT /v1/ranges."
    )
    raise conflict("range-exhausted", detail)
