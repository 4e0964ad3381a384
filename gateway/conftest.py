"""Import the installed package `gateway` first: pytest would take this folder for it."""

import sys

sys.modules.pop("gateway", None)

import gateway  # noqa: E402, F401
