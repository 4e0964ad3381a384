"""Serves stylesheets and scripts, each under a name with its content's hash, so that browsers keep them.

GOV.UK Frontend as npm delivers it, without what only central government may use: the font, crown and crest.
A service may name files of other npm packages; an image has them all in one folder.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

import fastapi
from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import Problem, not_found
from chassis.web.languages import folders_of

_MODULES = (Path(__file__).parent / "../../../../web/node_modules").resolve()
_CHECKOUT = _MODULES / "govuk-frontend/dist/govuk"
_IMAGE = Path("/assets")
_FRONTEND = ("govuk-frontend.min.css", "govuk-frontend.min.js")
_IMMUTABLE = "public, max-age=31536000, immutable"
_COMPRESSED = {".css", ".js", ".mjs", ".svg"}
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_URL = re.compile(r"url\(/assets/[^)]*\)")
_SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=[^\n]*\s*$")
_IMPORT = re.compile(r"(from\s*[\"'])(?:\./)?([\w.-]+)([\"'])")

AssetName = Annotated[str, fastapi.Path(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    name: str
    media_type: str
    body: bytes
    gzipped: bytes


class Assets:
    """The files a service's pages refer to, read at first use."""

    def __init__(self, package: str, folder: str = "", libraries: Sequence[str] = (), path: str = "") -> None:
        self._package, self._path = package, path or package
        self._folder = folder
        self._libraries = libraries

    def url(self, name: str) -> str:
        """Return the address of a file (``govuk-frontend.min.css``). Raises KeyError if there is none."""
        return f"/{self._path}/assets/{self._index[0][name]}"

    def find(self, name: str) -> Asset | None:
        """Find a file by its name with the hash."""
        return self._index[1].get(name)

    @cached_property
    def _index(self) -> tuple[dict[str, str], dict[str, Asset]]:
        names: dict[str, str] = {}
        assets: dict[str, Asset] = {}
        for path in self._paths():
            asset = _prepare(path, names)
            names[path.name] = asset.name
            assets[asset.name] = asset
        return names, assets

    def _paths(self) -> list[Path]:
        """List the files; those of npm packages come first, since ours import them."""
        folder = self._frontend()
        libraries = [_find_library(folder, name) for name in self._libraries]
        static = (Path(__file__).parent / "static", *folders_of(self._package, "static"))
        package_files = [path for directory in static for path in sorted(directory.glob("*.*"))]
        return [folder / name for name in _FRONTEND] + libraries + package_files

    def _frontend(self) -> Path:
        folders = [Path(self._folder)] if self._folder else [_CHECKOUT, _IMAGE]
        for folder in folders:
            if all((folder / name).is_file() for name in _FRONTEND):
                return folder
        raise Problem(
            503,
            "assets-missing",
            f"GOV.UK Frontend is not in {' or '.join(map(str, folders))}. "
            "Run `make setup`, or name its folder in the setting `assets`.",
        )


def _find_library(folder: Path, name: str) -> Path:
    """Find a file of an npm package beside GOV.UK Frontend's, as in an image, or in the checkout."""
    paths = [folder / Path(name).name, _MODULES / name]
    for path in paths:
        if path.is_file():
            return path
    raise Problem(
        503,
        "assets-missing",
        f"There is no {' or '.join(map(str, paths))}. Run `make setup`, or copy the file of the npm package.",
    )


def _prepare(path: Path, names: dict[str, str]) -> Asset:
    body = path.read_bytes()
    if path.name == "govuk-frontend.min.css":
        body = _remove_crown(body.decode()).encode()
    if path.suffix in {".js", ".mjs"}:
        body = _SOURCE_MAP.sub(b"", body)
    if path.suffix == ".js":
        body = _IMPORT.sub(lambda match: _rename_import(match, names), body.decode()).encode()
    digest = hashlib.sha256(body).hexdigest()[:12]
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    gzipped = _compress(body) if path.suffix in _COMPRESSED else b""
    return Asset(f"{path.stem}.{digest}{path.suffix}", media_type, body, gzipped)


@lru_cache(maxsize=32)  # applications of one process, as tests make them, have the same files
def _compress(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _rename_import(match: re.Match[str], names: dict[str, str]) -> str:
    """Name an imported module as it is served: ``./map-keys.js``, or a module of an npm package."""
    name = names.get(match[2]) or names.get(f"{match[2]}.module.js")
    return f"{match[1]}./{name}{match[3]}" if name else match[0]


def _remove_crown(css: str) -> str:
    """Remove what only central government may use."""
    css = _FONT_FACE.sub("", css).replace("GDS Transport,arial", "arial")
    # The URL that is left in /assets/ is the royal crest of the copyright logo.
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", _URL.sub("none", css))


def make_router(path: str) -> APIRouter:
    """Make the router of ``GET /<service>/assets/{name}``."""
    router = APIRouter(tags=["pages"])

    @router.get(f"/{path}/assets/{{name}}", response_class=Response)
    async def read_asset(_: Annotated[None, public], request: Request, name: AssetName) -> Response:
        """Get a stylesheet or script of the pages. Its name changes when its content changes."""
        asset: Asset | None = request.app.state.assets.find(name)
        if asset is None:
            raise not_found("such file")
        headers = {"Cache-Control": _IMMUTABLE, "X-Content-Type-Options": "nosniff"}
        if not asset.gzipped:
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(asset.gzipped, headers=headers, media_type=asset.media_type)

    return router
