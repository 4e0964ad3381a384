"""An address seen from one street: where the street, its locality and town are said, and what is left."""

from dataclasses import dataclass

from address.address_index.rules.index import Index, Street
from address.address_index.rules.query import Question
from address.address_index.rules.street_search import Hit
from address.address_text.rules import units
from address.address_text.rules.units import Parts, Reading


@dataclass(slots=True)
class Scene:
    """What is left of an address when a street's own words are taken out. Bits are of the words' places."""

    asks: Question
    hit: Hit
    street: Street
    parts: Parts
    readings: list[Reading]
    locality_bits: int
    town_bits: int
    elsewhere: bool  # a locality is said that the street is not in
    named: list[str]  # buildings of the street that are said

    def says(self, name: str, taken: int) -> tuple[str, int] | None:
        """Whether words other than those taken say a name: ``agrees`` or ``near``, and their bits."""
        for bits in self.asks.said.windows.get(name, ()):
            if not bits & taken:
                return "agrees", bits
        near = self.asks.near.get(name)
        return ("near", near[0]) if near and not near[0] & taken else None


class Scenes:
    """One question seen from street after street."""

    def __init__(self, asks: Question, index: Index) -> None:
        self.asks = asks
        self.index = index
        windows, near = asks.said.windows, asks.near
        self._localities = [(name, bits) for name, bits in windows.items() if name in index.places]
        self.towns = [(name, bits[-1]) for name, bits in windows.items() if name in index.towns]
        self.towns += [(name, bits) for name, (bits, _) in near.items() if name in index.towns]
        self._parts: dict[int, tuple[Parts, list[Reading]]] = {}

    def of(self, hit: Hit) -> Scene:
        """The address seen from this street."""
        street = self.index.streets[hit.usrn]
        locality = self._locality(street, hit)
        town = 0
        for _, bits in self.towns:
            if not bits & (hit.bits | locality):
                town |= bits
        others = self._other_localities(street, hit, locality | town) if hit.bits else 0
        parts, readings = self._take(hit.bits | locality | town | others)
        elsewhere = bool(others) and not locality
        return Scene(self.asks, hit, street, parts, readings, locality, town, elsewhere, [])

    def _locality(self, street: Street, hit: Hit) -> int:
        """The bits of the words that say where the street is."""
        windows, near, found = self.asks.said.windows, self.asks.near, 0
        for name in street.localities:
            several = windows.get(name) or ([near[name][0]] if name in near else [])
            found |= next((bits for bits in reversed(several) if not bits & hit.bits), 0)
        return found

    def _other_localities(self, street: Street, hit: Hit, taken: int) -> int:
        """The bits of localities said after the street that it is not in."""
        found = 0
        for name, several in self._localities:
            if name not in street.localities:
                after = [bits for bits in several if not bits & (hit.bits | taken) and bits > hit.bits]
                found |= after[-1] if after else 0
        return found

    def _take(self, used: int) -> tuple[Parts, list[Reading]]:
        """The parts of the words not used; the same words are taken apart once."""
        found = self._parts.get(used)
        if found is None:
            rest = [(place, word) for place, word in enumerate(self.asks.said.words) if not used >> place & 1]
            parts = units.take(rest)
            found = self._parts[used] = (parts, units.readings(parts))
        return found
