"""Invented staff of the demonstration councils, in the directory of each: joiners, movers, leavers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

CITYTOWN = "c1717000-0000-4000-8000-000000000001"
HILLSHIRE = "d2828000-0000-4000-8000-000000000002"


@dataclass(slots=True)
class Member:
    """Somebody in a directory. ``oid`` stays for ever; all else may change."""

    key: str
    oid: str
    given: str
    family: str
    username: str
    email: str
    groups: set[str]
    active: bool = True

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.given} {self.family}"


@dataclass(slots=True)
class Tenant:
    """One council's directory: names of groups by id, staff by key."""

    tid: str
    council: str
    groups: dict[str, str]
    staff: dict[str, Member] = field(default_factory=dict)

    def change(self, key: str, groups: Iterable[str], *, active: bool) -> Member:
        """Move somebody to these groups, or take them off (a leaver). KeyError for who is not there."""
        member, wanted = self.staff[key], set(groups)
        if unknown := wanted - self.groups.keys():
            raise KeyError(", ".join(sorted(unknown)))
        member.groups, member.active = wanted, active
        return member


def _tenant(tid: str, council: str, people: Iterable[tuple[str, str, str, bool]]) -> Tenant:
    head = tid[:4]
    groups = {
        f"{head}0000-0000-4000-8000-0000000000a{n}": name
        for n, name in enumerate(("Waste services", "Council tax", "Customer services", "Administrators"))
    }
    ids = list(groups)
    staff = {}
    for number, (given, family, group, mail) in enumerate(people):
        key, username = given.lower(), f"{given}.{family}@{council}.example".lower()
        oid = f"{head}0000-0000-4000-8000-0000000000b{number}"
        chosen = {one for one in ids if groups[one] == group}
        staff[key] = Member(key, oid, given, family, username, username if mail else "", chosen)
    return Tenant(tid, council, groups, staff)


def tenants() -> dict[str, Tenant]:
    """Both directories by tenant id, as they are before anybody moves."""
    citytown = (
        ("Priya", "Raman", "Waste services", True),
        ("Alex", "Morgan", "Council tax", True),
        ("Dana", "Whitlock", "Administrators", True),
        ("Sam", "Field", "Customer services", False),  # depot staff often have no mailbox
    )
    hillshire = (
        ("Fiona", "Rennie", "Waste services", True),
        ("Callum", "Baird", "Administrators", True),
    )
    both = (_tenant(CITYTOWN, "citytown", citytown), _tenant(HILLSHIRE, "hillshire", hillshire))
    return {one.tid: one for one in both}
