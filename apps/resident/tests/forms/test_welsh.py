"""Every text of the pages is in Welsh too."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import resident

FOLDER = Path(resident.__file__).parent
OPTIONS = {"trim_blocks": "true", "silent": "false", "newstyle": "true"}
CHASSIS = FOLDER.parents[3] / "chassis" / "src" / "chassis" / "web" / "locale" / "cy.po"


def read_texts(path):
    """The Welsh by its English; of texts with a number, by the singular."""
    with path.open("rb") as file:
        return {first(message.id): message.string for message in read_po(file, locale="cy") if message.id}


def first(message):
    return message if isinstance(message, str) else message[0]


@pytest.mark.parametrize(
    "path", sorted((FOLDER / "forms" / "pages").rglob("*.html")), ids=lambda path: path.name
)
def test_a_page_has_its_welsh(path):
    welsh = read_texts(FOLDER / "forms" / "locale" / "cy.po") | read_texts(CHASSIS)
    messages = extract_from_file("jinja2.ext:babel_extract", path, options=OPTIONS)
    assert [first(message) for _, message, _, _ in messages if not welsh.get(first(message))] == []
