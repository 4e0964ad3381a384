"""Which streets an address may be in: by its words, put right where misspelt, and by its postcode."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from address.address_index.rules.index import Index
from address.address_index.rules.query import FAINT, LIKELY, PERHAPS, SURE, Question
from address.address_text.rules import tokens
from address.address_text.rules.lexicon import FLATS, FLOORS, LEVELS, NOISE, SIDES, TYPES
from address.address_text.rules.tokens import Said

MOST_STREETS = 24
_LEAST_CORE = 4
_MANY, _NEAR_BY = 8, 2.5  # streets of one core, and how much is wanted of them then
_LIKE = OSA.normalized_similarity
# Words that no street's name is looked for across.
_APART = FLATS.keys() | LEVELS.keys() | FLOORS | SIDES.keys() | (NOISE - {"THE", "AND", "OF", "IN"})
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPRSTUWXYZ"


@dataclass(slots=True)
class Hit:
    """A street, where it is said (bits of the words' places, 0 for nowhere) and how well."""

    usrn: int
    bits: int
    how: str
    like: float = 1.0


def said_streets(asks: Question, index: Index) -> list[Hit]:
    """Streets whose whole name is said, and those of the postcode whether it is or not."""
    names = index.names
    found = [
        _said_whole(usrn, name, bits[0], asks, index)
        for name, bits in asks.said.windows.items()
        if name in names
        for usrn in names[name]
    ]
    found += [
        Hit(usrn, bits, _how(like), like)
        for name, (bits, like) in asks.near.items()
        if name in names
        for usrn in names[name]
    ]
    return _of_postcode(asks, index, _longest(found, asks, index))


def _said_whole(usrn: int, name: str, bits: int, asks: Question, index: Index) -> Hit:
    """A street whose name is said; cut into words otherwise only nearly so (NORTHWAY, NORTH WAY)."""
    size = bits.bit_count()
    if "THE" in asks.said.words or "AND" in asks.said.words:
        size -= sum(
            bits >> place & 1 and word in {"THE", "AND"} for place, word in enumerate(asks.said.words)
        )
    alike = index.streets[usrn].names[name] == size
    return Hit(usrn, bits, "exact") if alike else Hit(usrn, bits, "near", 0.97)


def _how(like: float) -> str:
    return "near" if like >= SURE else "typo" if like >= LIKELY else "far" if like >= PERHAPS else "faint"


def _longest(found: list[Hit], asks: Question, index: Index) -> list[Hit]:
    """Without streets whose name is but a part of another that is said, and the likelier of very many."""
    spans = {hit.bits for hit in found if hit.like >= LIKELY}
    kept = [hit for hit in found if not any(hit.bits & span == hit.bits != span for span in spans)]
    return _likeliest(kept, asks, index)


def _likeliest(found: list[Hit], asks: Question, index: Index) -> list[Hit]:
    """Each street once, where it is said best, and no more than MOST_STREETS."""
    once: dict[int, Hit] = {}
    for hit in found:
        if hit.usrn not in once or once[hit.usrn].like < hit.like:
            once[hit.usrn] = hit
    if len(once) <= MOST_STREETS:
        return list(once.values())
    ranked = sorted(once.values(), key=lambda hit: (-_fitness(hit, asks, index), hit.usrn))
    return ranked[:MOST_STREETS]


def _fitness(hit: Hit, asks: Question, index: Index) -> float:
    street, postcode = index.streets[hit.usrn], asks.said.postcode
    near = 0.0
    if postcode:
        sector = postcode[:-2]
        near = 2.0 * (postcode in street.postcodes) + any(one[:-2] == sector for one in street.postcodes)
    placed = any(name in asks.said.windows or name in asks.near for name in street.localities)
    return near + 2 * placed + 2 * hit.like


def _of_postcode(asks: Question, index: Index, found: list[Hit]) -> list[Hit]:
    said = {hit.usrn for hit in found}
    usrns = index.postcodes.get(asks.said.postcode or "", ())[:MOST_STREETS]
    exact = [hit.bits for hit in found if hit.how == "exact"]
    return [*found, *(_nearly(usrn, asks, index, exact) for usrn in usrns if usrn not in said)]


def _nearly(usrn: int, asks: Question, index: Index, exact: list[int]) -> Hit:
    """How a street that is not said in so many words may yet be."""
    street, best = index.streets[usrn], Hit(usrn, 0, "unsaid", 0.0)
    letters = {name: bits for name, bits in asks.said.letters.items() if not _within(bits, exact)}
    for name in street.names:
        other = process.extractOne(name, letters.keys(), scorer=_LIKE, score_cutoff=FAINT)
        if other and other[1] > best.like and (other[1] >= PERHAPS or _free(other[0], index)):
            best = Hit(usrn, letters[other[0]], _how(other[1]), other[1])
    if best.like < LIKELY:
        for name in street.cores:
            if name in index.towns:
                continue
            if name in letters:
                return _core(usrn, letters[name], asks.said)
            if name in asks.near and len(name) >= _LEAST_CORE:
                return _core(usrn, asks.near[name][0], asks.said)
    return best


def _free(name: str, index: Index) -> bool:
    """Whether a run of words is no other name of the gazetteer."""
    return not (name in index.names or name in index.places or name in index.towns or name in index.buildings)


def _within(bits: int, spans: list[int]) -> bool:
    """Whether these words are but a part of a street's that is said as a whole."""
    return any(bits & span == bits != span for span in spans)


def _core(usrn: int, bits: int, said: Said) -> Hit:
    """The street said without its last word, or with another for it."""
    following = bits.bit_length()
    if following < len(said.words) and said.words[following] in TYPES:
        return Hit(usrn, bits | 1 << following, "other", 0.7)
    return Hit(usrn, bits, "core", 0.8)


def other_streets(asks: Question, index: Index, found: list[Hit]) -> list[Hit]:
    """Streets that are said less clearly: in part, very wrongly, or only by a building in them."""
    known = {hit.usrn for hit in found}
    plain = [hit for hit in found if hit.bits and hit.how in {"exact", "near"}]
    more = _cores(asks, index, plain)
    runs = _street_like(asks, index)
    more += _alike(runs, _around(asks, index), index, PERHAPS)
    if not plain:
        if not any(hit.like >= LIKELY and hit.how != "core" for hit in more):
            more += _alike(runs, index.names, index, PERHAPS + 0.05)
        more += _of_buildings(asks, index)
    return _likeliest([hit for hit in more if hit.usrn not in known], asks, index)


def _cores(asks: Question, index: Index, plain: list[Hit]) -> list[Hit]:
    """Streets said a word short. A town's or locality's name is a street's only for want of one."""
    spans = {hit.bits for hit in plain} | _names_said(asks, index)
    said = [(name, bits[0], len(bits)) for name, bits in asks.said.windows.items() if name in index.cores]
    said += [
        (name, near[0], 1) for name, near in asks.near.items() if name in index.cores and near[1] >= LIKELY
    ]
    found: list[Hit] = []
    for name, bits, times in said:
        if _within(bits, list(spans)) or len(name) < _LEAST_CORE or name in NOISE:
            continue
        if times == 1 and (name in index.towns or (plain and name in index.places)):
            continue
        hits = [_core(usrn, bits, asks.said) for usrn in index.cores[name]]
        found += (
            hits if len(hits) <= _MANY else [hit for hit in hits if _fitness(hit, asks, index) > _NEAR_BY]
        )
    return found


def _names_said(asks: Question, index: Index) -> set[int]:
    """The bits of organisations and buildings of several words that are said: no street is within them."""
    windows = asks.said.windows
    return {
        bits[0]
        for name, bits in windows.items()
        if bits[0].bit_count() > 1 and (name in index.organisations or name in index.buildings)
    }


def _around(asks: Question, index: Index) -> dict[str, list[int]]:
    """The names of the streets near what is said: of the locality, of the sector, of postcodes one off."""
    usrns: set[int] = set()
    for name in (*asks.said.windows, *asks.near):
        if name in index.places:
            usrns.update(index.places[name])
    postcode = asks.said.postcode
    if postcode:
        usrns.update(index.sectors.get(postcode[:-2], ()))
        for other in _slips(postcode):
            usrns.update(index.postcodes.get(other, ()))
    found: dict[str, list[int]] = {}
    for usrn in sorted(usrns):
        for name in (*index.streets[usrn].names, *index.streets[usrn].cores):
            found.setdefault(name, []).append(usrn)
    return found


def _slips(postcode: str) -> set[str]:
    """Postcodes with one character other, or two swapped."""
    found = {
        postcode[:at] + postcode[at + 1] + postcode[at] + postcode[at + 2 :]
        for at in range(len(postcode) - 1)
    }
    for at, letter in enumerate(postcode):
        for other in _DIGITS if letter.isdigit() else _LETTERS:
            found.add(postcode[:at] + other + postcode[at + 1 :])
    return found


def _alike(
    runs: Iterable[tuple[str, int]], names: dict[str, list[int]], index: Index, cutoff: float
) -> list[Hit]:
    """Streets among these whose names look like a run of words."""
    found: list[Hit] = []
    for run, bits in runs:
        alike = process.extract(run, names.keys(), scorer=_LIKE, score_cutoff=cutoff, limit=5)
        found += [
            Hit(usrn, bits, *_as_said(other, like, index.streets[usrn].names.keys()))
            for other, like, _ in alike
            for usrn in names[other]
        ]
    return found


def _as_said(name: str, like: float, whole: Container[str]) -> tuple[str, float]:
    """How well the street is said; a name without its last word less than the whole."""
    return (_how(like), like) if name in whole else (("core" if like >= SURE else "far"), like - 0.15)


def _of_buildings(asks: Question, index: Index) -> list[Hit]:
    """Streets of a building or organisation that is said, and no street with it."""
    found = []
    for names in (index.buildings, index.organisations):
        for name in (*asks.said.windows, *asks.near):
            if len(name) > _LEAST_CORE:
                found += [Hit(usrn, 0, "unsaid", 0.0) for usrn in names.get(name, ())]
    return found


def _street_like(asks: Question, index: Index) -> list[tuple[str, int]]:
    """Runs of words that may be a street: those that end in ROAD and the like, else what there is."""
    found, runs, start = asks.said.words, [], 0
    for place in range(len(found) + 1):
        word = found[place] if place < len(found) else "1"
        if not word.isalpha() or len(word) == 1 or word in _APART or word in index.towns:
            if place > start:
                runs.append((start, place))
            start = place + 1
    ended = [
        (max(begin, place - size), place + 1)
        for begin, end in runs
        for place in range(begin, end)
        if place > begin and asks.types >> place & 1
        for size in (1, 2)
    ]
    spans = ended + [
        (begin, min(end, begin + size)) for begin, end in runs for size in (1, 2, 3) if begin + size <= end
    ]
    named = [
        (tokens.join(found[begin:end]), (1 << end) - (1 << begin)) for begin, end in dict.fromkeys(spans)
    ]
    return [(name, bits) for name, bits in named if len(name) >= _LEAST_CORE][:8]
