"""A tile as it is answered: its bytes, and the tag by which a client knows its copy again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mapping.collections.rules.layers import Audience, Layer
from mapping.tiles.actions.editions import Edition, EditionKey
from mapping.tiles.rules.matrix import Tile


class TileKey(NamedTuple):
    """Names a tile of a layer, with the properties that its audience sees."""

    edition: EditionKey
    audience: Audience
    tile: Tile


@dataclass(frozen=True, slots=True)
class TileAnswer:
    """A tile, ready to be sent: gzip, or no bytes when it shows nothing.

    ``tag`` changes whenever the bytes may; ``is_lasting``: nothing but another version changes them.
    """

    data: bytes
    tag: str
    is_lasting: bool


def write_tag(edition: Edition, tile: Tile, audience: Audience) -> str:
    """Write the tag of a layer's tile: version, when a feature last began or ended, place, audience."""
    since = f".{edition.key.since}" if edition.key.since else ""
    suffix = "" if audience == "public" else f"-{audience}"
    return f"{edition.key.version}{since}-{tile.zoom}-{tile.row}-{tile.column}{suffix}"


def answer_with(data: bytes, edition: Edition, tile: Tile, audience: Audience) -> TileAnswer:
    """Make the answer of a tile of one layer."""
    return TileAnswer(data, write_tag(edition, tile, audience), edition.is_lasting)


def join_tags(tags: Sequence[tuple[Layer, str]]) -> str:
    """Make the tag of a tile of several layers from theirs: another layer or version makes another tag."""
    names = "_".join(f"{layer.id.hex}.{tag}" for layer, tag in tags)
    return hashlib.blake2b(names.encode(), digest_size=16).hexdigest()
