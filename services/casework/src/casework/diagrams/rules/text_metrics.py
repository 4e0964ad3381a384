"""How wide a text is in Arial or Helvetica, and where it wraps."""

from collections.abc import Iterator

# Thousandths of the size, from the font's published metrics, by width: Liberation Sans has the same.
_WIDTHS = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[]\\ft",
    333: "()-`r",
    355: '"',
    389: "*",
    469: "^",
    500: "Jckvsxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OTHER = 667  # accented letters are no wider
_BOLD = 1.09
_SAFETY = 1.08  # other fonts that stand in are a little wider


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """Measure a text in pixels at a size."""
    width = sum(_WIDTH_OF.get(character, _OTHER) for character in text) / 1000 * size
    return width * _SAFETY * (_BOLD if bold else 1)


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Wrap a text into lines no wider than a width; a word that is wider is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for part in _cut(word, size, width, bold=bold):
            longer = f"{line} {part}" if line else part
            if measure(longer, size, bold=bold) <= width:
                line = longer
            else:
                lines.append(line)
                line = part
    return [*lines, line] if line else lines


def _cut(word: str, size: float, width: float, *, bold: bool) -> Iterator[str]:
    part = ""
    for character in word:
        if part and measure(part + character, size, bold=bold) > width:
            yield part
            part = ""
        part += character
    yield part
