"""An address against the addresses of a street: what agrees, what differs, by field and in words.

What is found is a set of named findings (``postcode slip``, ``unit same``). Their weights rank the candidates;
the reasons and the confidence are made of the same names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from address.matching import units
from address.matching.index import Index, Properties, Property, Street, core
from address.matching.search import Hit
from address.matching.spelling import Question
from address.matching.text import words
from address.matching.units import Parts, Reading
from address.matching.weights import WEIGHTS
from address.matching.words import KINDS

_NEAR_NAME = 0.8
_PARTLY = {2: "sector", 3: "district"}  # by the characters that a part of a postcode lacks


@dataclass(slots=True)
class Candidate:
    """A property with what was found of it."""

    property: Property
    hit: Hit
    findings: tuple[str, ...]
    points: float


@dataclass(slots=True)
class Scene:
    """An address seen from one street: what is left of its words when the street's own are taken out."""

    asks: Question
    hit: Hit
    street: Street
    parts: Parts
    readings: list[Reading]
    locality_bits: int
    town_bits: int
    elsewhere: bool  # a locality is said that the street is not in
    named: list[str]  # buildings of the street that are said


class Comparison:
    """One question against street after street."""

    def __init__(self, asks: Question, index: Index) -> None:
        self.asks = asks
        self.index = index
        self._parts: dict[int, tuple[Parts, list[Reading]]] = {}
        windows = asks.said.windows
        self._localities = [(name, bits) for name, bits in windows.items() if name in index.places]
        self._towns = [(name, bits[-1]) for name, bits in windows.items() if name in index.towns]
        self._towns += [(name, near[0]) for name, near in asks.near.items() if name in index.towns]
        self._postcodes: dict[str, str] = {}

    def scene(self, hit: Hit) -> Scene:
        street = self.index.streets[hit.usrn]
        locality = self._locality(street, hit)
        town = 0
        for _, bits in self._towns:
            if not bits & (hit.bits | locality):
                town |= bits
        others = 0
        for name, several in self._localities:
            if name not in street.localities:
                after = [
                    bits for bits in several if not bits & (hit.bits | locality | town) and bits > hit.bits
                ]
                others |= after[-1] if after and hit.bits else 0
        used = hit.bits | locality | town | others
        parts, readings = self._take(used)
        return Scene(
            self.asks, hit, street, parts, readings, locality, town, bool(others) and not locality, []
        )

    def _locality(self, street: Street, hit: Hit) -> int:
        """The bits of the words that say where the street is."""
        windows, near, found = self.asks.said.windows, self.asks.near, 0
        for name in street.localities:
            several = windows.get(name)
            if several is None and name in near:
                several = [near[name][0]]
            for bits in reversed(several or ()):
                if not bits & hit.bits:
                    found |= bits
                    break
        return found

    def _take(self, used: int) -> tuple[Parts, list[Reading]]:
        found = self._parts.get(used)
        if found is None:
            rest = [(place, word) for place, word in enumerate(self.asks.said.words) if not used >> place & 1]
            parts = units.take(rest)
            found = self._parts[used] = (parts, units.readings(parts))
        return found

    def candidates(self, scene: Scene, known: Properties) -> list[Candidate]:
        """The properties of the street that the address may mean."""
        scene.named = _named(scene, known)
        found: dict[int, Candidate] = {}
        for one, how, spare in _possible(scene, known):
            candidate = self._judge(scene, one, how, spare)
            if one.uprn not in found or found[one.uprn].points < candidate.points:
                found[one.uprn] = candidate
        return list(found.values())

    def _judge(self, scene: Scene, one: Property, how: str, spare: int) -> Candidate:
        left = scene.parts.others
        name, used = self._name(scene, one)
        left &= ~used
        organisation, used = self._organisation(scene, one, left)
        left &= ~used
        findings = [
            "street " + self.street_said(scene, left),
            "postcode " + self.postcode(one.postcode, scene.street),
            self._place(scene, one),
            self._town(scene, one),
            "unit " + how,
            "name " + name,
            "organisation " + organisation,
            "words " + ("none", "one", "two", "more")[min(3, left.bit_count())],
        ]
        if scene.parts.beside:
            findings.append("words beside")
        if spare:
            findings.append("number spare")
        said = scene.parts
        if (
            one.number is not None
            and not said.numbers
            and how in {"same", "form", "numbered"}
            and name != "none"
        ):
            findings.append("number unsaid")
        if one.number is None and said.numbers and how != "numbered" and one.unit is None:
            findings.append("number extra")
        if said.kind and one.kind and said.kind != one.kind:
            findings.append("kind differs")
        points = sum(WEIGHTS[finding] for finding in findings)
        return Candidate(one, scene.hit, tuple(findings), points)

    def street_said(self, scene: Scene, left: int) -> str:
        """How the street is said; ``denied`` when the address plainly says another."""
        if scene.hit.how != "unsaid":
            return scene.hit.how
        return "denied" if left & self.asks.types and left.bit_count() > 1 else "unsaid"

    def postcode(self, other: str, street: Street) -> str:
        """How near the postcode asked with is to another."""
        said = self.asks.said.postcode
        if not said:
            return "unsaid"
        if said == other:
            return "equal"
        found = self._postcodes.get(other)
        if found is None:
            found = self._postcodes[other] = _compare_postcodes(said, other)
        if said in street.postcodes and found != "slip":
            return "street"
        return found

    def _place(self, scene: Scene, one: Property) -> str:
        if not one.locality:
            return "locality differs" if scene.elsewhere else "locality none"
        if scene.locality_bits and one.locality in self.asks.said.windows:
            return "locality agrees"
        if scene.locality_bits and one.locality in self.asks.near:
            return "locality near"
        return "locality differs" if scene.elsewhere or scene.locality_bits else "locality unsaid"

    def _town(self, scene: Scene, one: Property) -> str:
        if not self._towns or not scene.town_bits:
            return "town unsaid"
        return "town agrees" if any(name == one.town for name, _ in self._towns) else "town differs"

    def _name(self, scene: Scene, one: Property) -> tuple[str, int]:
        """How the building's name is said, and the bits of the words that say it."""
        if not one.name:
            return ("other" if scene.named else "none"), 0
        taken = scene.hit.bits
        for bits in self.asks.said.windows.get(one.name, ()):
            if not bits & taken:
                return "agrees", bits
        near = self.asks.near.get(one.name)
        if near and not near[0] & taken:
            return "near", near[0]
        if scene.named:
            return "differs", 0
        short = core(words(one.row.building_name or ""))
        for bits, run in scene.parts.names:
            if run == short:
                return "core", bits
            if run in self.index.buildings:
                return "differs", 0
            if OSA.normalized_similarity(run, one.name, score_cutoff=_NEAR_NAME) >= _NEAR_NAME:
                return "near", bits
        return ("differs" if _names_another(scene) else "unsaid"), 0

    def _organisation(self, scene: Scene, one: Property, left: int) -> tuple[str, int]:
        if not one.organisation:
            return "none", 0
        for bits in self.asks.said.windows.get(one.organisation, ()):
            if not bits & scene.hit.bits:
                return "agrees", bits
        near = self.asks.near.get(one.organisation)
        if near and not near[0] & scene.hit.bits:
            return "near", near[0]
        for bits, run in scene.parts.names:
            if bits & left and _alike(run, one.organisation):
                return "near", bits
        return "unsaid", 0


def _alike(run: str, name: str) -> bool:
    """Whether a run of words is much of a name: the whole with a slip, or its beginning or end."""
    if len(run) > 4 and (name.startswith(run) or name.endswith(run) or name in run):  # noqa: PLR2004
        return True
    return OSA.normalized_similarity(run, name, score_cutoff=_NEAR_NAME - 0.1) > 0


def _names_another(scene: Scene) -> bool:
    """Whether the words left over name some building: they end in HOUSE and the like."""
    found = scene.asks.said.words
    return any(scene.parts.others >> place & 1 and word in KINDS for place, word in enumerate(found))


def _compare_postcodes(said: str, other: str) -> str:
    if OSA.distance(said, other, score_cutoff=1) <= 1:
        return "slip"
    if len(said) < 5:  # noqa: PLR2004 - the outward code, perhaps with the sector
        return _PARTLY.get(len(other) - len(said), "other") if other.startswith(said) else "other"
    if said[:-2] == other[:-2]:
        return "sector"
    if said[:-3] == other[:-3]:
        return "district"
    return "area" if said[:2] == other[:2] else "other"


def _possible(scene: Scene, known: Properties) -> Iterator[tuple[Property, str, int]]:
    """Properties whose number and part the address can be read as, how, and the numbers left unexplained."""
    yield from _by_number(scene, known)
    windows, near = scene.asks.said.windows, scene.asks.near
    named = scene.named
    if not named and not scene.parts.numbers or scene.parts.units:
        named = named + _nearly_named(scene, known, named)
    for name in named:
        several = known.names[name]
        parted = any(one.unit is not None for one in several)
        for one in several:
            yield from _in_building(scene, one, parted=parted)
    for name, several in known.organisations.items():
        if name in windows or name in near or _organisation_alike(scene, name):
            for one in several:
                yield from _in_building(scene, one, parted=False)


def _named(scene: Scene, known: Properties) -> list[str]:
    """The street's buildings that are said by name."""
    windows, near, taken = scene.asks.said.windows, scene.asks.near, scene.hit.bits | scene.locality_bits
    return [
        name
        for name in known.names
        if any(not bits & taken for bits in windows.get(name, ()))
        or (name in near and not near[name][0] & taken)
    ]


def _organisation_alike(scene: Scene, name: str) -> bool:
    return not scene.parts.numbers and any(_alike(run, name) for _, run in scene.parts.names)


def _by_number(scene: Scene, known: Properties) -> Iterator[tuple[Property, str, int]]:
    for reading in scene.readings:
        if reading.number is None:
            continue
        several = known.numbers.get(reading.number, ())
        if reading.unless and _has_part(known.numbers.get(reading.unless, ()), reading.number):
            continue
        found = False
        for one in several:
            how = reading.how if one.number == reading.number else "part"
            if one.unit == reading.unit:
                found = True
                yield one, how, reading.spare
        if not found and reading.unit is None and reading.how == "same":
            for one in several:
                if one.number == reading.number:
                    yield one, "unsaid", reading.spare


def _has_part(several: Sequence[Property], part: str) -> bool:
    """Whether a building has parts among which this one might be."""
    units = [one.unit for one in several if one.unit is not None]
    numbered = [int(unit) for unit in units if unit.isdigit()]
    if part.isdigit():
        return bool(numbered) and int(part) <= max(numbered) + 1
    return bool(units)


def _nearly_named(scene: Scene, known: Properties, named: list[str]) -> list[str]:
    """Buildings whose names are not said in so many words."""
    found = []
    for _, run in scene.parts.names:
        if len(run) < 4 or run in known.names:  # noqa: PLR2004
            continue
        for name, several in known.names.items():
            if name in named:
                continue
            short = core(words(several[0].row.building_name or ""))
            if run == short or OSA.normalized_similarity(run, name, score_cutoff=_NEAR_NAME) >= _NEAR_NAME:
                found.append(name)
    return found


def _in_building(scene: Scene, one: Property, *, parted: bool) -> Iterator[tuple[Property, str, int]]:
    """The ways to read the address as this property of a building that is named."""
    numbers = scene.parts.numbers
    for reading in scene.readings:
        if reading.number is not None and one.number is not None and reading.number != one.number:
            continue
        if reading.number is not None and one.number is None:
            if reading.unit == one.unit and reading.unit is not None:
                yield one, reading.how, 1
            elif reading.unit is None and one.unit == reading.number:
                yield one, "numbered", 0
            elif reading.unit is None and one.unit is None and reading.how == "same" and not parted:
                yield one, reading.how, 0
            continue
        if reading.unit == one.unit:
            yield one, reading.how, reading.spare
    if len(numbers) == 1 and one.unit == numbers[0] != one.number and not scene.parts.units:
        yield one, "numbered", 0
    if not numbers and not scene.parts.part and not scene.parts.letters and one.unit is not None:
        yield one, "unsaid", 0
