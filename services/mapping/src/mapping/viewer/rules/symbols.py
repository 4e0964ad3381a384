"""The symbol of each layer: a shape, two letters and a colour, so that none is told by its colour alone."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase, digits
from typing import Final, Literal

from mapping.collections.rules.layers import Layer

Shape = Literal["circle", "square", "triangle", "diamond", "cross", "line", "area"]
POINT_SHAPES: Final[Sequence[Shape]] = ("circle", "square", "triangle", "diamond", "cross")
PATTERNS: Final = ("rising", "falling", "crossed", "dots", "level", "upright")
DASHES: Final[Sequence[Sequence[float]]] = ((1, 0), (4, 2), (1, 1.5), (6, 2, 1, 2), (2, 3))
"""Lengths of dashes and gaps in line widths."""
BASEMAP: Final = (
    "council-boundary",
    "greenspace-sites",
    "watercourses",
    "important-buildings",
    "roads",
    "rail-tracks",
    "settlements",
)
"""Layers that every map of a council that has them shows below the others, in the order of drawing."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_DARK: Final = "#0b0c0c"


@dataclass(frozen=True, slots=True)
class Symbol:
    """How a layer looks. ``pattern`` fills areas; ``dash`` is that of lines and outlines."""

    shape: Shape
    letters: str
    colour: str
    pattern: str
    dash: Sequence[float]

    @property
    def image(self) -> str:
        """Name the picture that a map draws for it; the script reads its parts from the name."""
        return f"{self.shape}|{self.letters}|{self.colour}"

    @property
    def fill(self) -> str:
        """Name the picture that fills its areas."""
        return f"pattern|{self.pattern}|{self.colour}"


def make_symbols(layers: Sequence[Layer]) -> dict[str, Symbol]:
    """Make the symbols of layers, by their names: no two have the same letters."""
    letters = _choose_letters(layers)
    return {
        layer.name: Symbol(
            _choose_shape(layer, place),
            letters[layer.name],
            _read_colour(layer),
            PATTERNS[place % len(PATTERNS)],
            _read_dash(layer, place),
        )
        for place, layer in enumerate(layers)
    }


def _choose_letters(layers: Sequence[Layer]) -> dict[str, str]:
    """Choose two letters for each layer: initials of its title's words, else others of the title."""
    letters: dict[str, str] = {}
    for layer in layers:
        letters[layer.name] = _choose_pair(layer.title, set(letters.values()))
    return letters


def _choose_pair(title: str, used: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", title).upper()
    words = [match[0] for match in re.finditer(r"[A-Z]+", plain)] or ["X"]
    first, rest = words[0][0], "".join(words)[1:]
    initials = "".join(word[0] for word in words[1:])
    for second in f"{initials}{rest}{ascii_uppercase}{digits}":
        if f"{first}{second}" not in used:
            return f"{first}{second}"
    return f"{first}{len(used)}"


def _choose_shape(layer: Layer, place: int) -> Shape:
    if layer.geometry_type != "Point":
        return "line" if layer.geometry_type == "LineString" else "area"
    shape: Shape
    for shape in POINT_SHAPES:
        if layer.style.get("symbol") == shape:
            return shape
    return POINT_SHAPES[place % len(POINT_SHAPES)]


def _read_colour(layer: Layer) -> str:
    colour = layer.style.get("colour")
    return colour.lower() if isinstance(colour, str) and _COLOUR.fullmatch(colour) else _DARK


def _read_dash(layer: Layer, place: int) -> Sequence[float]:
    dash = layer.style.get("dash")
    if isinstance(dash, list) and dash and all(isinstance(length, int | float) for length in dash):
        return tuple(float(length) for length in dash)
    return DASHES[place % len(DASHES)]
