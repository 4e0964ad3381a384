"""The contracts as the code makes them, made once per run."""

import json

import pytest

from dev.contracts import generate


@pytest.fixture(scope="session")
def made():
    """Path to text."""
    return generate.texts()


@pytest.fixture(scope="session")
def documents(made):
    """Path to document."""
    return {path: json.loads(text) for path, text in made.items()}
