"""Slips of people and machines that write addresses. One seeded generator makes them repeatable."""

from random import Random

_KEYS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
_NEIGHBOURS = {
    letter: "".join(
        other
        for row, keys in enumerate(_KEYS)
        for column, other in enumerate(keys)
        if other != letter and abs(row - at) <= 1 and abs(column - letters.index(letter)) <= 1
    )
    for at, letters in enumerate(_KEYS)
    for letter in letters
}
_SOUNDS = (
    ("PH", "F"), ("F", "PH"), ("CK", "K"), ("K", "C"), ("C", "K"), ("S", "Z"), ("IE", "EI"), ("EA", "EE"),
    ("EE", "EA"), ("OU", "OW"), ("OW", "OU"), ("Y", "I"), ("I", "Y"), ("AI", "AY"), ("LL", "L"), ("L", "LL"),
    ("TT", "T"), ("SS", "S"), ("NN", "N"), ("ER", "AR"), ("OR", "ER"), ("A", "E"), ("E", "A"), ("GH", ""),
    ("WH", "W"), ("X", "CKS"), ("OO", "U"), ("TH", "T"),
)  # fmt: skip
_LOOKS = (
    ("O", "0"), ("I", "1"), ("L", "1"), ("S", "5"), ("B", "8"), ("RN", "M"), ("M", "RN"), ("CL", "D"),
    ("D", "CL"), ("VV", "W"), ("W", "VV"), ("E", "F"), ("H", "N"), ("U", "V"), ("G", "C"),
    ("I", "L"), ("NI", "M"),
)  # fmt: skip


def typo(rng: Random, word: str) -> str:
    """Make one typing error: a letter left out, doubled, changed, added or swapped with the next."""
    if len(word) < 3:
        return word
    at = rng.randrange(1, len(word)) if rng.random() < 0.85 else 0
    kind = rng.randrange(5)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    neighbour = rng.choice(_NEIGHBOURS.get(word[at], "E"))
    return word[:at] + neighbour + word[at + (kind != 4) :]


def misheard(rng: Random, word: str) -> str:
    """Spell a word as it sounds."""
    return _replace_pair(rng, word, _SOUNDS)


def misread(rng: Random, word: str) -> str:
    """Change letters that a machine reads wrongly."""
    return _replace_pair(rng, word, _LOOKS)


def _replace_pair(rng: Random, word: str, pairs: tuple[tuple[str, str], ...]) -> str:
    applicable = [pair for pair in pairs if pair[0] in word[1:]]
    if not applicable or len(word) < 4:
        return typo(rng, word)
    old, new = rng.choice(applicable)
    return word[0] + word[1:].replace(old, new, 1)


def slip_in_word(rng: Random, text: str, slip: object = typo) -> str:
    """Make a slip in one word of the text; longer words are likelier."""
    words = text.split(" ")
    candidates = [index for index, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not candidates or not callable(slip):
        return text
    index = rng.choices(candidates, [len(words[candidate]) for candidate in candidates])[0]
    words[index] = slip(rng, words[index])
    return " ".join(words)


def wrong_character(rng: Random, postcode: str) -> str:
    """Change one character of a postcode, or swap two."""
    at = rng.randrange(len(postcode))
    if postcode[at] == " ":
        at -= 1
    if rng.random() < 0.25 and at + 1 < len(postcode) and postcode[at + 1] != " ":
        return postcode[:at] + postcode[at + 1] + postcode[at] + postcode[at + 2 :]
    kinds = "0123456789" if postcode[at].isdigit() else "ABDEFGHJLNPQRSTUWXYZ"
    return postcode[:at] + rng.choice(kinds.replace(postcode[at], "")) + postcode[at + 1 :]
