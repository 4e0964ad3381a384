"""The contracts as the code makes them, made once per run."""

import json

import pytest

from dev.contracts import generator


@pytest.fixture(scope="session")
def texts():
    """Path to text."""
    return generator.make_texts()


@pytest.fixture(scope="session")
def documents(texts):
    """Path to document."""
    return {path: json.loads(text) for path, text in texts.items()}
