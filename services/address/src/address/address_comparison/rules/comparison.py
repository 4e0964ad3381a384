"""Compare an address with the properties of a street, field by field.

The result is a set of named findings (``postcode slip``, ``unit same``). Their weights rank the candidates;
the reasons and the confidence use the same names.
"""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from address.address_comparison.rules import building_names
from address.address_comparison.rules.candidates import PossibleProperty, list_named_buildings, list_possible
from address.address_comparison.rules.street_context import StreetContext, StreetContexts
from address.address_comparison.rules.weights import WEIGHTS
from address.address_index.rules.address_query import AddressQuery
from address.address_index.rules.index import Index, Properties, Property, Street
from address.address_index.rules.street_search import StreetHit

_PARTLY = {2: "sector", 3: "district"}  # by the characters that a part of a postcode lacks
_MIN_POSTCODE = 5  # characters of a whole postcode
_LONG_WORD = 6  # letters of a word that may be a street's
_LEFT_OVER = ("none", "one", "two", "more")


@dataclass(slots=True)
class Candidate:
    """A property with its findings and points."""

    property: Property
    hit: StreetHit
    findings: tuple[str, ...]
    points: float


class Comparison:
    """A comparison of one address with one street after another."""

    def __init__(self, query: AddressQuery, index: Index) -> None:
        self.query = query
        self.index = index
        self._contexts = StreetContexts(query, index)
        self._postcodes: dict[str, str] = {}

    def context(self, hit: StreetHit) -> StreetContext:
        """Return the address in the context of a street."""
        return self._contexts.for_street(hit)

    def candidates(self, context: StreetContext, properties: Properties) -> list[Candidate]:
        """List the street's properties that the address may mean, each with its findings."""
        context.building_names = list_named_buildings(context, properties)
        findings: dict[int, Candidate] = {}
        for possible in list_possible(context, properties):
            candidate = self._judge(context, possible)
            uprn = possible.property.uprn
            if uprn not in findings or findings[uprn].points < candidate.points:
                findings[uprn] = candidate
        return list(findings.values())

    def _judge(self, context: StreetContext, possible: PossibleProperty) -> Candidate:
        listed, rest = possible.property, context.parts.others
        name, used = building_names.compare_building(context, listed, self.index)
        rest &= ~used
        organisation, used = building_names.compare_organisation(context, listed, rest)
        rest &= ~used
        findings = (
            "street " + self.rate_street(context, rest),
            "postcode " + self.postcode(listed.postcode, context.street),
            "locality " + self._locality(context, listed),
            "town " + self._town(context, listed),
            "unit " + possible.how,
            "name " + name,
            "organisation " + organisation,
            "words " + _LEFT_OVER[min(3, rest.bit_count())],
            *_rare_findings(context, possible),
        )
        return Candidate(listed, context.hit, findings, sum(WEIGHTS[finding] for finding in findings))

    def rate_street(self, context: StreetContext, rest: int) -> str:
        """Rate how the street is named; ``denied`` when the address has another, ``unclear`` perhaps."""
        if context.hit.how != "unsaid":
            return context.hit.how
        findings = [
            (1 << place, word) for place, word in enumerate(self.query.address.words) if rest >> place & 1
        ]
        name_bits = sum(bit for bit, word in findings if word not in context.street.kinds)
        if name_bits & self.query.types and rest.bit_count() > 1:
            return "denied"
        if any(bit & name_bits and len(word) >= _LONG_WORD for bit, word in findings):
            return "unclear"
        return "unsaid" if name_bits == rest else "kind"

    def postcode(self, postcode: str, street: Street) -> str:
        """Compare the query's postcode with another."""
        typed = self.query.address.postcode
        if not typed:
            return "unsaid"
        if typed == postcode:
            return "equal"
        level = self._postcodes.get(postcode)
        if level is None:
            level = self._postcodes[postcode] = _compare_postcodes(typed, postcode)
        return "street" if level != "slip" and typed in street.postcodes else level

    def _locality(self, context: StreetContext, listed: Property) -> str:
        if not listed.locality:
            return "differs" if context.other_locality else "none"
        if not context.locality_bits:
            return "differs" if context.other_locality else "unsaid"
        if listed.locality in self.query.address.windows:
            return "agrees"
        return "near" if listed.locality in self.query.near else "differs"

    def _town(self, context: StreetContext, listed: Property) -> str:
        if not context.town_bits:
            return "unsaid"
        return "agrees" if any(name == listed.town for name, _ in self._contexts.towns) else "differs"


def _rare_findings(context: StreetContext, possible: PossibleProperty) -> list[str]:
    """List findings that few candidates have."""
    listed, parts, findings = possible.property, context.parts, []
    if parts.beside:
        findings.append("words beside")
    if listed.unit is not None and len(set(parts.units)) > 1:
        findings.append("unit doubled")
    if possible.spare:
        findings.append("number spare")
    if (
        listed.name
        and listed.number is not None
        and not parts.numbers
        and possible.how in {"same", "form", "numbered"}
    ):
        findings.append("number unsaid")
    if listed.number is None and listed.unit is None and parts.numbers and possible.how != "numbered":
        findings.append("number extra")
    if parts.kind and listed.kind and parts.kind != listed.kind:
        findings.append("kind differs")
    return findings


def _compare_postcodes(typed: str, postcode: str) -> str:
    if OSA.distance(typed, postcode, score_cutoff=1) <= 1:
        return "slip"
    if len(typed) < _MIN_POSTCODE:  # the outward code, perhaps with the sector
        return _PARTLY.get(len(postcode) - len(typed), "other") if postcode.startswith(typed) else "other"
    if typed[:-2] == postcode[:-2]:
        return "sector"
    if typed[:-3] == postcode[:-3]:
        return "district"
    return "area" if typed[:2] == postcode[:2] else "other"
