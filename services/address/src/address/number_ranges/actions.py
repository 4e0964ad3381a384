"""The numbers GeoPlace has allotted to a council, and handing them out."""

from itertools import pairwise

from address.changes.actions.change_log import check_version
from address.number_ranges import store
from address.number_ranges.schemas import NumberRange, Ranges, RangesSet
from chassis.database import ReadSession, Session
from chassis.problems import conflict, invalid

KINDS = ("uprn", "usrn")


async def get_ranges(session: ReadSession, council: str) -> Ranges:
    """The council's ranges, and how many numbers of each are free."""
    rows = await store.list_by_council(session, council)
    spans: dict[str, list[NumberRange]] = {kind: [] for kind in KINDS}
    for row in rows:
        spans[row.kind].append(NumberRange(first=row.first, last=row.last, free=row.free))
    return Ranges(version=max((row.version for row in rows), default=0), **spans)


async def replace_ranges(session: Session, council: str, asked: RangesSet, seen: set[int]) -> Ranges:
    """Make these the council's ranges; what was given from one that stays is not given again.

    Raises Problem 412, 400 for ranges that overlap, 409 for numbers of another council.
    """
    await store.lock_ranges(session)
    now = await get_ranges(session, council)
    check_version(seen, now.version, "ranges")
    given = await store.list_allocated(session, council)
    rows = []
    for kind in KINDS:
        spans = sorted((span.first, span.last) for span in getattr(asked, kind))
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
                "given": given.get((kind, first, last), first - 1),
                "version": now.version + 1,
            }
            for first, last in spans
        ]
    await store.replace(session, council, rows)
    return await get_ranges(session, council)


async def allocate(session: Session, council: str, kind: str, wanted: int) -> list[int]:
    """So many new UPRNs or USRNs. Raises Problem 409 when the council's ranges do not hold them."""
    numbers = await store.allocate(session, council, kind, wanted)
    if len(numbers) == wanted:
        return numbers
    name, known = kind.upper(), await get_ranges(session, council)
    if not getattr(known, kind):
        detail = f"This council has no range of {name}s here. GeoPlace allots them: PUT /v1/ranges first."
        raise conflict("no-range", detail)
    detail = (
        f"{wanted} {name}s are wanted, and the council's ranges have {len(numbers)} left. Ask GeoPlace for"
        " another range and add it with PUT /v1/ranges."
    )
    raise conflict("range-exhausted", detail)
