"""This folder has the name of the package in ``src``, and pytest would take the folder for it."""

import sys

sys.modules.pop("gateway", None)

import gateway  # noqa: E402, F401 - the installed package, for the tests below
