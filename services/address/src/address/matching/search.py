"""Which streets an address may be in: by its words, put right where misspelt, and by its postcode."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from address.matching import text
from address.matching.index import Index
from address.matching.text import LONGEST_NAME, Asked, Said
from address.matching.words import FLATS, FLOORS, LEVELS, NOISE, SIDES, TYPES

MOST_STREETS = 24
_SURE, _LIKELY, _PERHAPS = 0.88, 0.75, 0.6
_SPELLINGS = 6  # ways to put right a run of words
_UNIT_WORDS = FLATS.keys() | LEVELS.keys() | FLOORS


@dataclass(slots=True)
class Hit:
    """A street, where it is said (bits of the words' places, 0 for nowhere) and how well."""

    usrn: int
    bits: int
    how: str
    like: float = 1.0


@dataclass(slots=True)
class Question:
    """An address in words, with what its misspelt runs of words may have been meant as."""

    said: Said
    near: dict[str, tuple[int, float]] = field(default_factory=dict)
    unknown: int = 0  # bits of the words the gazetteer has not


def question(asked: Asked, index: Index) -> Question:
    """The address in words, and the names it nearly says."""
    said = text.read(asked, index.outwards)
    unknown = [place for place, word in enumerate(said.words) if _unknown(word, index)]
    if not unknown:
        return Question(said)
    changed = False
    for place in unknown:
        meant = index.vocabulary.meant(said.words[place])
        if meant and meant[0][0] in _UNIT_WORDS and meant[0][1] >= _LIKELY - 0.1:
            said.words[place], changed = meant[0][0], True
    if changed:
        text.open_windows(said)
    asks = Question(said)
    for place in unknown:
        if said.words[place] not in _UNIT_WORDS:
            asks.unknown |= 1 << place
    _spell(asks, index)
    return asks


def _unknown(word: str, index: Index) -> bool:
    return len(word) > 2 and word.isalpha() and word not in index.vocabulary.words and word not in NOISE


def _spell(asks: Question, index: Index) -> None:
    """Runs of words with the unknown ones put right."""
    found, near = asks.said.words, asks.near
    choices = [
        [(word, 1.0), *index.vocabulary.meant(word)] if asks.unknown >> place & 1 else [(word, 1.0)]
        for place, word in enumerate(found)
    ]
    for place in range(len(found)):
        if not asks.unknown >> place & 1 or len(choices[place]) == 1:
            continue
        for start in range(max(0, place - 3), place + 1):
            for end in range(place + 1, min(len(found), start + LONGEST_NAME, place + 5) + 1):
                bits = (1 << end) - (1 << start)
                for spelt in _some(choices[start:end]):
                    name = text.join([word for word, _ in spelt])
                    like = sum(one * len(word) for word, one in spelt) / sum(len(word) for word, _ in spelt)
                    if like < 1 and like > near.get(name, (0, 0.0))[1]:
                        near[name] = (bits, like)


def _some(choices: list[list[tuple[str, float]]]) -> Iterator[tuple[tuple[str, float], ...]]:
    for count, spelt in enumerate(product(*choices)):
        if count > _SPELLINGS:
            return
        yield spelt


def said_streets(asks: Question, index: Index) -> list[Hit]:
    """Streets whose whole name is said, and those of the postcode whether it is or not."""
    found = [
        Hit(usrn, bits[0], "exact")
        for name, bits in asks.said.windows.items()
        if name in index.names
        for usrn in index.names[name]
    ]
    found += [
        Hit(usrn, bits, _how(like), like)
        for name, (bits, like) in asks.near.items()
        if name in index.names
        for usrn in index.names[name]
    ]
    return _of_postcode(asks, index, _longest(found, asks, index))


def _how(like: float) -> str:
    return "near" if like >= _SURE else "typo" if like >= _LIKELY else "far"


def _longest(found: list[Hit], asks: Question, index: Index) -> list[Hit]:
    """Without streets whose name is but a part of another that is said, and the likelier half of very many."""
    spans = {hit.bits for hit in found}
    kept = [hit for hit in found if not any(hit.bits & span == hit.bits != span for span in spans)]
    if len(kept) > MOST_STREETS:
        postcode = asks.said.postcode or ""
        kept.sort(key=lambda hit: _fitness(hit, asks, index, postcode), reverse=True)
    once: dict[int, Hit] = {}
    for hit in kept[:MOST_STREETS]:
        if hit.usrn not in once or once[hit.usrn].like < hit.like:
            once[hit.usrn] = hit
    return list(once.values())


def _fitness(hit: Hit, asks: Question, index: Index, postcode: str) -> float:
    street = index.streets[hit.usrn]
    return (
        2 * (postcode in street.postcodes)
        + any(one.startswith(postcode[:-2]) for one in street.postcodes if postcode)
        + 2 * any(name in asks.said.windows for name in street.localities)
        + hit.like
    )


def _of_postcode(asks: Question, index: Index, found: list[Hit]) -> list[Hit]:
    said = {hit.usrn for hit in found}
    for usrn in index.postcodes.get(asks.said.postcode or "", ())[:MOST_STREETS]:
        if usrn not in said:
            found.append(_nearly(usrn, asks, index))
    return found


def _nearly(usrn: int, asks: Question, index: Index) -> Hit:
    """How a street that is not said in so many words may yet be."""
    street, best = index.streets[usrn], Hit(usrn, 0, "unsaid", 0.0)
    windows = asks.said.windows
    for name in street.names:
        other = process.extractOne(
            name, windows.keys(), scorer=OSA.normalized_similarity, score_cutoff=_PERHAPS
        )
        if other and other[1] > best.like:
            best = Hit(usrn, windows[other[0]][0], _how(other[1]), other[1])
    if best.like < _LIKELY:
        for name in street.cores:
            if name in windows:
                return _core(usrn, windows[name][0], asks.said)
            if name in asks.near and len(name) > 3:  # noqa: PLR2004
                return _core(usrn, asks.near[name][0], asks.said)
    return best


def _core(usrn: int, bits: int, said: Said) -> Hit:
    """The street said without its last word, or with another for it."""
    following = bits.bit_length()
    if following < len(said.words) and said.words[following] in TYPES:
        return Hit(usrn, bits | 1 << following, "other", 0.7)
    return Hit(usrn, bits, "core", 0.8)


def other_streets(asks: Question, index: Index, found: list[Hit]) -> list[Hit]:
    """Streets that are said less clearly: in part, very wrongly, or only by a building in them."""
    known, more = {hit.usrn for hit in found}, []
    windows = asks.said.windows
    for name, (bits, *_) in (*windows.items(), *((one, [near[0]]) for one, near in asks.near.items())):
        for usrn in index.cores.get(name, ()):
            if usrn not in known and not bits & _strong(found):
                more.append(_core(usrn, bits, asks.said))
    if not any(hit.how in {"exact", "near"} for hit in found):
        more += _last_resort(asks, index, known)
        for names in (index.buildings, index.organisations):
            for name in windows.keys() | asks.near.keys():
                usrns = names.get(name, ()) if len(name) > 4 else ()  # noqa: PLR2004
                more += [Hit(usrn, 0, "unsaid", 0.0) for usrn in usrns if usrn not in known]
    return _longest_known(more, known, asks, index)


def _strong(found: list[Hit]) -> int:
    bits = 0
    for hit in found:
        if hit.how in {"exact", "near"}:
            bits |= hit.bits
    return bits


def _longest_known(more: list[Hit], known: set[int], asks: Question, index: Index) -> list[Hit]:
    once: dict[int, Hit] = {}
    for hit in more:
        if hit.usrn not in known and (hit.usrn not in once or once[hit.usrn].like < hit.like):
            once[hit.usrn] = hit
    postcode = asks.said.postcode or ""
    return sorted(once.values(), key=lambda hit: _fitness(hit, asks, index, postcode), reverse=True)[
        :MOST_STREETS
    ]


def _last_resort(asks: Question, index: Index, known: set[int]) -> list[Hit]:
    """Streets whose names look like what is said, among all."""
    found: list[Hit] = []
    for name, bits in _street_like(asks, index):
        alike = process.extract(
            name, index.street_names, scorer=OSA.normalized_similarity, score_cutoff=_PERHAPS + 0.05, limit=5
        )
        found += [
            Hit(usrn, bits, _how(like), like)
            for other, like, _ in alike
            for usrn in index.names[other]
            if usrn not in known
        ]
    return found


def _street_like(asks: Question, index: Index) -> list[tuple[str, int]]:
    """Runs of words that may be a street: those that end in ROAD and the like, else the longest."""
    found, runs, start = asks.said.words, [], 0
    for place in range(len(found) + 1):
        word = found[place] if place < len(found) else "1"
        if (
            not word.isalpha()
            or len(word) == 1
            or word in _UNIT_WORDS
            or word in SIDES
            or word in index.towns
        ):
            if place > start:
                runs.append((start, place))
            start = place + 1
    ended = [
        (max(begin, place - size), place + 1)
        for begin, end in runs
        for place in range(begin, end)
        if _type(found[place], index)
        for size in (1, 2)
        if place > begin
    ]
    spans = ended or [(begin, min(end, begin + 3)) for begin, end in runs]
    return [(text.join(found[begin:end]), (1 << end) - (1 << begin)) for begin, end in dict.fromkeys(spans)][
        :4
    ]


def _type(word: str, index: Index) -> bool:
    return word in TYPES or any(meant in TYPES for meant, _ in index.vocabulary.meant(word)[:1])
