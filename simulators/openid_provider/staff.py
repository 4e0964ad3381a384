"""Invented staff of the demonstration councils, in one directory for each council."""

from collections.abc import Iterable
from dataclasses import dataclass, field

CITYTOWN = "c1717000-0000-4000-8000-000000000001"
HILLSHIRE = "d2828000-0000-4000-8000-000000000002"


@dataclass(slots=True)
class Member:
    """A member of staff. ``oid`` never changes; all else may."""

    key: str
    oid: str
    given_name: str
    family: str
    username: str
    email: str
    groups: set[str]
    active: bool = True

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given_name} {self.family}"


@dataclass(slots=True)
class Tenant:
    """A council's directory: names of groups by id, staff by key."""

    tid: str
    council: str
    groups: dict[str, str]
    staff: dict[str, Member] = field(default_factory=dict)

    def group_names(self, member: Member) -> list[str]:
        """Return the names of a member's groups, sorted."""
        return sorted(self.groups[group] for group in member.groups)

    def change(self, key: str, groups: Iterable[str], *, active: bool) -> Member:
        """Set a member's groups, and whether they still work here. Raises KeyError for an unknown name."""
        member, new_groups = self.staff[key], set(groups)
        if unknown := new_groups - self.groups.keys():
            raise KeyError(", ".join(sorted(unknown)))
        member.groups, member.active = new_groups, active
        return member


def _tenant(tid: str, council: str, people: Iterable[tuple[str, str, str, bool]]) -> Tenant:
    prefix = tid[:4]
    groups = {
        f"{prefix}0000-0000-4000-8000-0000000000a{number}": name
        for number, name in enumerate(
            ("Waste services", "Council tax", "Customer services", "Administrators", "Finance")
        )
    }
    staff = {}
    for number, (given_name, family, group_name, has_mailbox) in enumerate(people):
        key, username = given_name.lower(), f"{given_name}.{family}@{council}.example".lower()
        oid = f"{prefix}0000-0000-4000-8000-0000000000b{number}"
        member_groups = {group for group, name in groups.items() if name == group_name}
        staff[key] = Member(
            key, oid, given_name, family, username, username if has_mailbox else "", member_groups
        )
    return Tenant(tid, council, groups, staff)


def tenants() -> dict[str, Tenant]:
    """Build both directories, by tenant id, in their first state."""
    citytown = (
        ("Priya", "Raman", "Waste services", True),
        ("Alex", "Morgan", "Council tax", True),
        ("Dana", "Whitlock", "Administrators", True),
        ("Sam", "Field", "Customer services", False),  # depot staff often have no mailbox
        ("Grace", "Okafor", "Finance", True),
        ("Tom", "Ellis", "Finance", True),  # what one of them proposes, the other checks
    )
    hillshire = (
        ("Fiona", "Rennie", "Waste services", True),
        ("Callum", "Baird", "Administrators", True),
        ("Isla", "Munro", "Finance", True),
        ("Ewan", "Reid", "Finance", True),
    )
    directories = (_tenant(CITYTOWN, "citytown", citytown), _tenant(HILLSHIRE, "hillshire", hillshire))
    return {tenant.tid: tenant for tenant in directories}
