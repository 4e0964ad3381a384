"""The pages of mapping, and the npm files that draw their maps."""

from typing import Final

from chassis.web import Pages, gettext_noop

LIBRARIES: Final = (
    "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
)
"""Files of npm packages, each before those that import it. The Dockerfile copies them too."""

pages = Pages("mapping", name=gettext_noop("Maps"), libraries=LIBRARIES)
