"""The chassis is tested through a small service of its own: notes, with every part in use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the package `notes` beside this file

from notes.app import service as notes


@pytest.fixture(scope="session")
def service():
    return notes
