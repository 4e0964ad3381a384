"""Records the pages that ordinary tests render, each template once a language, for a browser to look at."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chassis.web import Pages

SERVICES = ("identity", "payments", "casework", "mapping", "resident")
FOLDER = "TEST_RENDERED_PAGES"
"""The variable that names the folder; nothing is recorded without it."""


@contextmanager
def recording() -> Iterator[None]:
    """Record every page that is rendered meanwhile."""
    name = os.environ.get(FOLDER)
    if not name:
        yield
        return
    folder, render = Path(name), Pages.render

    def record(pages: Pages, request: Any, template: str, *positional: Any, **context: Any) -> Any:
        response = render(pages, request, template, *positional, **context)
        language = response.headers["Content-Language"]
        path = folder / f"{pages.package}~{template.removesuffix('.html')}~{language}.html"
        if pages.package in SERVICES and not path.exists():
            path.write_bytes(bytes(response.body))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pages, "render", record)
        yield
