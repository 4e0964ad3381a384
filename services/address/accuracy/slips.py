"""Slips of the people and machines that write addresses. All of them take their chances from one Random."""

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


def typo(chance: Random, word: str) -> str:
    """One slip of the fingers: a letter left out, doubled, changed, added or swapped with the next."""
    if len(word) < 3:
        return word
    at = chance.randrange(1, len(word)) if chance.random() < 0.85 else 0
    kind = chance.randrange(5)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    other = chance.choice(_NEIGHBOURS.get(word[at], "E"))
    return word[:at] + other + word[at + (kind != 4) :]


def heard(chance: Random, word: str) -> str:
    """Spelt as it sounds."""
    return _replaced(chance, word, _SOUNDS)


def scanned(chance: Random, word: str) -> str:
    """Read wrongly by a machine."""
    return _replaced(chance, word, _LOOKS)


def _replaced(chance: Random, word: str, pairs: tuple[tuple[str, str], ...]) -> str:
    fits = [pair for pair in pairs if pair[0] in word[1:]]
    if not fits or len(word) < 4:
        return typo(chance, word)
    old, new = chance.choice(fits)
    return word[0] + word[1:].replace(old, new, 1)


def in_words(chance: Random, text: str, slip: object = typo) -> str:
    """A slip in one word of the text, the longer the likelier."""
    words = text.split(" ")
    fit = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not fit or not callable(slip):
        return text
    place = chance.choices(fit, [len(words[one]) for one in fit])[0]
    words[place] = slip(chance, words[place])
    return " ".join(words)


def one_off(chance: Random, postcode: str) -> str:
    """A postcode with one character wrong, or two swapped."""
    at = chance.randrange(len(postcode))
    if postcode[at] == " ":
        at -= 1
    if chance.random() < 0.25 and at + 1 < len(postcode) and postcode[at + 1] != " ":
        return postcode[:at] + postcode[at + 1] + postcode[at] + postcode[at + 2 :]
    kinds = "0123456789" if postcode[at].isdigit() else "ABDEFGHJLNPQRSTUWXYZ"
    return postcode[:at] + chance.choice(kinds.replace(postcode[at], "")) + postcode[at + 1 :]
