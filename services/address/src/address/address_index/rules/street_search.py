"""Find the streets of an address: by its words, misspelt ones corrected, and by its postcode."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from address.address_index.rules.address_query import FAINT, LIKELY, PERHAPS, SURE, AddressQuery
from address.address_index.rules.index import Index
from address.address_text.rules import tokens
from address.address_text.rules.lexicon import FLATS, FLOORS, LEVELS, NOISE, SIDES, TYPES
from address.address_text.rules.tokens import TokenisedAddress

MAX_STREETS = 24
_MIN_CORE = 4
_MANY_STREETS, _NEAR_BY = 8, 2.5  # streets with one core, and the fitness required of them
_LIKE = OSA.normalized_similarity
# Words that no street's name contains.
_APART = FLATS.keys() | LEVELS.keys() | FLOORS | SIDES.keys() | (NOISE - {"THE", "AND", "OF", "IN"})
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPRSTUWXYZ"


@dataclass(slots=True)
class StreetHit:
    """A street, the bits of its words' positions (0 for none), and how well they fit."""

    usrn: int
    bits: int
    how: str
    like: float = 1.0


def find_named_streets(query: AddressQuery, index: Index) -> list[StreetHit]:
    """Find streets whose whole name is in the address, and those of its postcode."""
    names = index.names
    hits = [
        _hit_of_name(usrn, name, bits[0], query, index)
        for name, bits in query.address.windows.items()
        if name in names
        for usrn in names[name]
    ]
    hits += [
        StreetHit(usrn, bits, _quality(like), like)
        for name, (bits, like) in query.near.items()
        if name in names
        for usrn in names[name]
    ]
    return _hits_of_postcode(query, index, _drop_contained(hits, query, index))


def _hit_of_name(usrn: int, name: str, bits: int, query: AddressQuery, index: Index) -> StreetHit:
    """Return the hit of a whole name: exact, or near if split into other words (NORTHWAY, NORTH WAY)."""
    size = bits.bit_count()
    if "THE" in query.address.words or "AND" in query.address.words:
        size -= sum(
            bits >> place & 1 and word in {"THE", "AND"} for place, word in enumerate(query.address.words)
        )
    alike = index.streets[usrn].names[name] == size
    return StreetHit(usrn, bits, "exact") if alike else StreetHit(usrn, bits, "near", 0.97)


def _quality(like: float) -> str:
    return "near" if like >= SURE else "typo" if like >= LIKELY else "far" if like >= PERHAPS else "faint"


def _drop_contained(hits: list[StreetHit], query: AddressQuery, index: Index) -> list[StreetHit]:
    """Drop streets whose name is part of another named one, and keep the likeliest."""
    spans = {hit.bits for hit in hits if hit.like >= LIKELY}
    whole_hits = [hit for hit in hits if not any(hit.bits & span == hit.bits != span for span in spans)]
    return _rank(whole_hits, query, index)


def _rank(hits: list[StreetHit], query: AddressQuery, index: Index) -> list[StreetHit]:
    """Keep each street once with its best hit, and at most MAX_STREETS."""
    once: dict[int, StreetHit] = {}
    for hit in hits:
        if hit.usrn not in once or once[hit.usrn].like < hit.like:
            once[hit.usrn] = hit
    if len(once) <= MAX_STREETS:
        return list(once.values())
    ranked = sorted(once.values(), key=lambda hit: (-_fitness(hit, query, index), hit.usrn))
    return ranked[:MAX_STREETS]


def _fitness(hit: StreetHit, query: AddressQuery, index: Index) -> float:
    street, postcode = index.streets[hit.usrn], query.address.postcode
    near = 0.0
    if postcode:
        sector = postcode[:-2]
        near = 2.0 * (postcode in street.postcodes) + any(
            street_postcode[:-2] == sector for street_postcode in street.postcodes
        )
    placed = any(name in query.address.windows or name in query.near for name in street.localities)
    return near + 2 * placed + 2 * hit.like


def _hits_of_postcode(query: AddressQuery, index: Index, hits: list[StreetHit]) -> list[StreetHit]:
    named_usrns = {hit.usrn for hit in hits}
    usrns = index.postcodes.get(query.address.postcode or "", ())[:MAX_STREETS]
    exact = [hit.bits for hit in hits if hit.how == "exact"]
    return [*hits, *(_partial_hit(usrn, query, index, exact) for usrn in usrns if usrn not in named_usrns)]


def _partial_hit(usrn: int, query: AddressQuery, index: Index, exact: list[int]) -> StreetHit:
    """Find how a street that is not named exactly may be meant."""
    street, best = index.streets[usrn], StreetHit(usrn, 0, "unsaid", 0.0)
    letters = {name: bits for name, bits in query.address.letters.items() if not _is_contained(bits, exact)}
    for name in street.names:
        closest = process.extractOne(name, letters.keys(), scorer=_LIKE, score_cutoff=FAINT)
        if closest and closest[1] > best.like and (closest[1] >= PERHAPS or _is_free(closest[0], index)):
            best = StreetHit(usrn, letters[closest[0]], _quality(closest[1]), closest[1])
    if best.like < LIKELY:
        for name in street.cores:
            if name in index.towns:
                continue
            if name in letters:
                return _find_core(usrn, letters[name], query.address)
            if name in query.near and len(name) >= _MIN_CORE:
                return _find_core(usrn, query.near[name][0], query.address)
    return best


def _is_free(name: str, index: Index) -> bool:
    """Return whether a run of words is no other name of the gazetteer."""
    return not (name in index.names or name in index.places or name in index.towns or name in index.buildings)


def _is_contained(bits: int, spans: list[int]) -> bool:
    """Return whether the words are part of a longer named street."""
    return any(bits & span == bits != span for span in spans)


def _find_core(usrn: int, bits: int, address: TokenisedAddress) -> StreetHit:
    """Return the hit of a street named without its last word, or with another one."""
    following = bits.bit_length()
    if following < len(address.words) and address.words[following] in TYPES:
        return StreetHit(usrn, bits | 1 << following, "other", 0.7)
    return StreetHit(usrn, bits, "core", 0.8)


def find_other_streets(query: AddressQuery, index: Index, hits: list[StreetHit]) -> list[StreetHit]:
    """Find streets that are named incompletely, very wrongly, or only by a building in them."""
    named_usrns = {hit.usrn for hit in hits}
    plain = [hit for hit in hits if hit.bits and hit.how in {"exact", "near"}]
    more = _hits_of_cores(query, index, plain)
    runs = _street_like_runs(query, index)
    more += _similar_streets(runs, _streets_around(query, index), index, PERHAPS)
    if not plain:
        if not any(hit.like >= LIKELY and hit.how != "core" for hit in more):
            more += _similar_streets(runs, index.names, index, PERHAPS + 0.05)
        more += _hits_of_buildings(query, index)
    return _rank([hit for hit in more if hit.usrn not in named_usrns], query, index)


def _hits_of_cores(query: AddressQuery, index: Index, plain: list[StreetHit]) -> list[StreetHit]:
    """Find streets named a word short. A town's or locality's name counts only if no street is named."""
    spans = {hit.bits for hit in plain} | _other_name_bits(query, index)
    named_bits = [
        (name, bits[0], len(bits)) for name, bits in query.address.windows.items() if name in index.cores
    ]
    named_bits += [
        (name, near[0], 1) for name, near in query.near.items() if name in index.cores and near[1] >= LIKELY
    ]
    positions: list[StreetHit] = []
    for name, bits, times in named_bits:
        if _is_contained(bits, list(spans)) or len(name) < _MIN_CORE or name in NOISE:
            continue
        if times == 1 and (name in index.towns or (plain and name in index.places)):
            continue
        hits = [_find_core(usrn, bits, query.address) for usrn in index.cores[name]]
        positions += (
            hits
            if len(hits) <= _MANY_STREETS
            else [hit for hit in hits if _fitness(hit, query, index) > _NEAR_BY]
        )
    return positions


def _other_name_bits(query: AddressQuery, index: Index) -> set[int]:
    """Return the bits of named organisations and buildings of several words: no street is within them."""
    windows = query.address.windows
    return {
        bits[0]
        for name, bits in windows.items()
        if bits[0].bit_count() > 1 and (name in index.organisations or name in index.buildings)
    }


def _streets_around(query: AddressQuery, index: Index) -> dict[str, list[int]]:
    """List the names of streets nearby: of the locality, the sector, and postcodes that differ slightly."""
    usrns: set[int] = set()
    for name in (*query.address.windows, *query.near):
        if name in index.places:
            usrns.update(index.places[name])
    postcode = query.address.postcode
    if postcode:
        usrns.update(index.sectors.get(postcode[:-2], ()))
        for other in _postcode_slips(postcode):
            usrns.update(index.postcodes.get(other, ()))
    usrns_by_name: dict[str, list[int]] = {}
    for usrn in sorted(usrns):
        for name in (*index.streets[usrn].names, *index.streets[usrn].cores):
            usrns_by_name.setdefault(name, []).append(usrn)
    return usrns_by_name


def _postcode_slips(postcode: str) -> set[str]:
    """List postcodes with one character changed or two swapped."""
    postcodes = {
        postcode[:position] + postcode[position + 1] + postcode[position] + postcode[position + 2 :]
        for position in range(len(postcode) - 1)
    }
    for position, letter in enumerate(postcode):
        for other in _DIGITS if letter.isdigit() else _LETTERS:
            postcodes.add(postcode[:position] + other + postcode[position + 1 :])
    return postcodes


def _similar_streets(
    runs: Iterable[tuple[str, int]], names: dict[str, list[int]], index: Index, cutoff: float
) -> list[StreetHit]:
    """Find streets whose names are similar to a run of words."""
    hits: list[StreetHit] = []
    for run, bits in runs:
        alike = process.extract(run, names.keys(), scorer=_LIKE, score_cutoff=cutoff, limit=5)
        hits += [
            StreetHit(usrn, bits, *_match_quality(name, like, index.streets[usrn].names.keys()))
            for name, like, _ in alike
            for usrn in names[name]
        ]
    return hits


def _match_quality(name: str, like: float, whole: Container[str]) -> tuple[str, float]:
    """Rate how well a street is named; an incomplete name less than a whole one."""
    return (_quality(like), like) if name in whole else (("core" if like >= SURE else "far"), like - 0.15)


def _hits_of_buildings(query: AddressQuery, index: Index) -> list[StreetHit]:
    """Find streets of a building or organisation that is named without its street."""
    hits = []
    for names in (index.buildings, index.organisations):
        for name in (*query.address.windows, *query.near):
            if len(name) > _MIN_CORE:
                hits += [StreetHit(usrn, 0, "unsaid", 0.0) for usrn in names.get(name, ())]
    return hits


def _street_like_runs(query: AddressQuery, index: Index) -> list[tuple[str, int]]:
    """List runs of words that may be a street: first those that end in ROAD and the like."""
    words, runs, start = query.address.words, [], 0
    for place in range(len(words) + 1):
        word = words[place] if place < len(words) else "1"
        if not word.isalpha() or len(word) == 1 or word in _APART or word in index.towns:
            if place > start:
                runs.append((start, place))
            start = place + 1
    ended = [
        (max(begin, place - size), place + 1)
        for begin, end in runs
        for place in range(begin, end)
        if place > begin and query.types >> place & 1
        for size in (1, 2)
    ]
    spans = ended + [
        (begin, min(end, begin + size)) for begin, end in runs for size in (1, 2, 3) if begin + size <= end
    ]
    names = [
        (tokens.join_words(words[begin:end]), (1 << end) - (1 << begin))
        for begin, end in dict.fromkeys(spans)
    ]
    return [(name, bits) for name, bits in names if len(name) >= _MIN_CORE][:8]
