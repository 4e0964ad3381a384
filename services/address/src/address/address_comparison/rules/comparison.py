"""An address against the properties of a street: what agrees, what differs, by field and in words.

What is found is a set of named findings (``postcode slip``, ``unit same``). Their weights rank the
candidates; the reasons and the confidence are made of the same names.
"""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from address.address_comparison.rules import building_names
from address.address_comparison.rules.candidates import Possible, named, possible
from address.address_comparison.rules.street_context import Scene, Scenes
from address.address_comparison.rules.weights import WEIGHTS
from address.address_index.rules.index import Index, Properties, Property, Street
from address.address_index.rules.query import Question
from address.address_index.rules.street_search import Hit

_PARTLY = {2: "sector", 3: "district"}  # by the characters that a part of a postcode lacks
_LEAST_WHOLE = 5  # characters of a whole postcode
_LONG = 6  # letters of a word that may be a street's
_LEFT_OVER = ("none", "one", "two", "more")


@dataclass(slots=True)
class Candidate:
    """A property with what was found of it."""

    property: Property
    hit: Hit
    findings: tuple[str, ...]
    points: float


class Comparison:
    """One question against street after street."""

    def __init__(self, asks: Question, index: Index) -> None:
        self.asks = asks
        self.index = index
        self._scenes = Scenes(asks, index)
        self._postcodes: dict[str, str] = {}

    def scene(self, hit: Hit) -> Scene:
        """The address seen from this street."""
        return self._scenes.of(hit)

    def candidates(self, scene: Scene, known: Properties) -> list[Candidate]:
        """The properties of the street that the address may mean."""
        scene.named = named(scene, known)
        found: dict[int, Candidate] = {}
        for one in possible(scene, known):
            candidate = self._judge(scene, one)
            uprn = one.property.uprn
            if uprn not in found or found[uprn].points < candidate.points:
                found[uprn] = candidate
        return list(found.values())

    def _judge(self, scene: Scene, read: Possible) -> Candidate:
        one, left = read.property, scene.parts.others
        name, used = building_names.building(scene, one, self.index)
        left &= ~used
        organisation, used = building_names.organisation(scene, one, left)
        left &= ~used
        findings = (
            "street " + self.street_said(scene, left),
            "postcode " + self.postcode(one.postcode, scene.street),
            "locality " + self._locality(scene, one),
            "town " + self._town(scene, one),
            "unit " + read.how,
            "name " + name,
            "organisation " + organisation,
            "words " + _LEFT_OVER[min(3, left.bit_count())],
            *_rarer(scene, read),
        )
        return Candidate(one, scene.hit, findings, sum(WEIGHTS[finding] for finding in findings))

    def street_said(self, scene: Scene, left: int) -> str:
        """How the street is said; ``denied`` when the address plainly says another, ``unclear`` perhaps."""
        if scene.hit.how != "unsaid":
            return scene.hit.how
        found = [(1 << place, word) for place, word in enumerate(self.asks.said.words) if left >> place & 1]
        other = sum(bit for bit, word in found if word not in scene.street.kinds)
        if other & self.asks.types and left.bit_count() > 1:
            return "denied"
        if any(bit & other and len(word) >= _LONG for bit, word in found):
            return "unclear"
        return "unsaid" if other == left else "kind"

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
        return "street" if found != "slip" and said in street.postcodes else found

    def _locality(self, scene: Scene, one: Property) -> str:
        if not one.locality:
            return "differs" if scene.elsewhere else "none"
        if not scene.locality_bits:
            return "differs" if scene.elsewhere else "unsaid"
        if one.locality in self.asks.said.windows:
            return "agrees"
        return "near" if one.locality in self.asks.near else "differs"

    def _town(self, scene: Scene, one: Property) -> str:
        if not scene.town_bits:
            return "unsaid"
        return "agrees" if any(name == one.town for name, _ in self._scenes.towns) else "differs"


def _rarer(scene: Scene, read: Possible) -> list[str]:
    """Findings that most candidates have not."""
    one, said, found = read.property, scene.parts, []
    if said.beside:
        found.append("words beside")
    if one.unit is not None and len(set(said.units)) > 1:
        found.append("unit doubled")
    if read.spare:
        found.append("number spare")
    if one.name and one.number is not None and not said.numbers and read.how in {"same", "form", "numbered"}:
        found.append("number unsaid")
    if one.number is None and one.unit is None and said.numbers and read.how != "numbered":
        found.append("number extra")
    if said.kind and one.kind and said.kind != one.kind:
        found.append("kind differs")
    return found


def _compare_postcodes(said: str, other: str) -> str:
    if OSA.distance(said, other, score_cutoff=1) <= 1:
        return "slip"
    if len(said) < _LEAST_WHOLE:  # the outward code, perhaps with the sector
        return _PARTLY.get(len(other) - len(said), "other") if other.startswith(said) else "other"
    if said[:-2] == other[:-2]:
        return "sector"
    if said[:-3] == other[:-3]:
        return "district"
    return "area" if said[:2] == other[:2] else "other"
