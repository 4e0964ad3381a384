"""Put an address in the context of a street: its words for street, locality and town, and the rest."""

from dataclasses import dataclass

from address.address_index.rules.address_query import AddressQuery
from address.address_index.rules.index import Index, Street
from address.address_index.rules.street_search import StreetHit
from address.address_text.rules import units
from address.address_text.rules.units import Parts, Reading


@dataclass(slots=True)
class StreetContext:
    """The rest of an address without a street's own words. Bits stand for positions of words."""

    query: AddressQuery
    hit: StreetHit
    street: Street
    parts: Parts
    readings: list[Reading]
    locality_bits: int
    town_bits: int
    other_locality: bool  # the address has a locality that the street is not in
    building_names: list[str]  # buildings of the street that the address names

    def find_name(self, name: str, used: int) -> tuple[str, int] | None:
        """Find a name among the words not taken: ``agrees`` or ``near``, with their bits, or None."""
        for bits in self.query.address.windows.get(name, ()):
            if not bits & used:
                return "agrees", bits
        near = self.query.near.get(name)
        return ("near", near[0]) if near and not near[0] & used else None


class StreetContexts:
    """The contexts of one address, for one street after another."""

    def __init__(self, query: AddressQuery, index: Index) -> None:
        self.query = query
        self.index = index
        windows, near = query.address.windows, query.near
        self._localities = [(name, bits) for name, bits in windows.items() if name in index.places]
        self.towns = [(name, bits[-1]) for name, bits in windows.items() if name in index.towns]
        self.towns += [(name, bits) for name, (bits, _) in near.items() if name in index.towns]
        self._parts: dict[int, tuple[Parts, list[Reading]]] = {}

    def for_street(self, hit: StreetHit) -> StreetContext:
        """Return the context of a street."""
        street = self.index.streets[hit.usrn]
        locality = self._locality(street, hit)
        town = 0
        for _, bits in self.towns:
            if not bits & (hit.bits | locality):
                town |= bits
        other_bits = self._other_localities(street, hit, locality | town) if hit.bits else 0
        parts, readings = self._take(hit.bits | locality | town | other_bits)
        other_locality = bool(other_bits) and not locality
        return StreetContext(self.query, hit, street, parts, readings, locality, town, other_locality, [])

    def _locality(self, street: Street, hit: StreetHit) -> int:
        """Return the bits of the street's localities in the address."""
        windows, near, locality_bits = self.query.address.windows, self.query.near, 0
        for name in street.localities:
            positions = windows.get(name) or ([near[name][0]] if name in near else [])
            locality_bits |= next((bits for bits in reversed(positions) if not bits & hit.bits), 0)
        return locality_bits

    def _other_localities(self, street: Street, hit: StreetHit, used: int) -> int:
        """Return the bits of other localities after the street."""
        locality_bits = 0
        for name, positions in self._localities:
            if name not in street.localities:
                after = [bits for bits in positions if not bits & (hit.bits | used) and bits > hit.bits]
                locality_bits |= after[-1] if after else 0
        return locality_bits

    def _take(self, used: int) -> tuple[Parts, list[Reading]]:
        """Extract the parts of the unused words. Results are cached."""
        extracted = self._parts.get(used)
        if extracted is None:
            rest = [
                (place, word) for place, word in enumerate(self.query.address.words) if not used >> place & 1
            ]
            parts = units.extract_parts(rest)
            extracted = self._parts[used] = (parts, units.list_readings(parts))
        return extracted
