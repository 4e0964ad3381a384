"""What a council sets once about its waste collections, beside what is the same in all of its services.

Containers are kept by material, which cases and rounds know, and named by colour, which people see.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

Weeks = Literal["every", "round", "other"]


@dataclass(frozen=True, slots=True)
class Container:
    """A container: its name in both languages, when it is emptied, and what feeds call its material.

    ``weeks``: every one, those of the round, or those between. ``holding``: the kind of subscription that an
    address needs for it, such as ``garden-waste``; empty for what everybody has.
    """

    material: str
    name: str
    name_cy: str
    weeks: Weeks
    streams: frozenset[str]
    holding: str

    @property
    def option(self) -> dict[str, str]:
        """The container as an answer of a choice."""
        return {"value": self.material, "label": self.name, "label_cy": self.name_cy}


@dataclass(frozen=True, slots=True)
class WasteSettings:
    """A council's containers and rounds.

    ``layer``: mapping's layer of rounds, whose features have ``day`` (Monday ...) and ``week`` (A or B).
    ``week_a``: the Monday of a week A. ``ends``: when a day's rounds end, ``15:00``. ``garden``: the material
    that garden rounds take. ``moved``: collections that bank holidays move. ``has_feed``: whether the
    contractor's feed answers for this council.
    """

    layer: str
    week_a: date
    ends: str
    garden: str
    containers: dict[str, Container]
    moved: dict[date, date]
    has_feed: bool

    def find_material(self, stream: str) -> str:
        """Find the material of a feed's stream, by the end of its path; empty if the council has none."""
        name = stream.rstrip("/").rpartition("/")[2].lower().replace(" ", "-")
        return next((key for key, each in self.containers.items() if name in each.streams), "")


def read_waste_settings(keys: dict[str, Any]) -> WasteSettings:
    """Read a council's key ``waste``. Raises KeyError, TypeError or ValueError for a fault."""
    containers = {key: _read_container(key, each) for key, each in keys["containers"].items()}
    if keys["garden"] and keys["garden"] not in containers:
        raise ValueError(f"garden: there is no container {keys['garden']!r}")
    week_a = date.fromisoformat(keys["week_a"])
    if week_a.weekday() != 0:
        raise ValueError(f"week_a: {week_a} is no Monday")
    return WasteSettings(
        layer=keys["layer"],
        week_a=week_a,
        ends=keys["ends"],
        garden=keys["garden"],
        containers=containers,
        moved={date.fromisoformat(day): date.fromisoformat(to) for day, to in keys.get("moved", {}).items()},
        has_feed=keys.get("feed") is True,
    )


def _read_container(material: str, keys: dict[str, Any]) -> Container:
    weeks = keys["weeks"]
    if weeks not in get_args(Weeks):
        raise ValueError(f"containers.{material}.weeks: {weeks!r} is not one of {', '.join(get_args(Weeks))}")
    return Container(
        material=material,
        name=keys["name"]["en"],
        name_cy=keys["name"].get("cy", ""),
        weeks=weeks,
        streams=frozenset(keys["streams"]),
        holding=keys.get("holding", ""),
    )
