"""Styles and scripts, each under a name with its content's hash, so that browsers may keep them for ever.

GOV.UK Frontend as npm delivers it, without what only central government may use: the font, crown and crest.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import fastapi
from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import Problem, not_found
from chassis.web.languages import folders_of

_CHECKOUT = (Path(__file__).parent / "../../../../web/node_modules/govuk-frontend/dist/govuk").resolve()
_IMAGE = Path("/assets")
_FRONTEND = ("govuk-frontend.min.css", "govuk-frontend.min.js")
_FOR_EVER = "public, max-age=31536000, immutable"
_SQUEEZED = {".css", ".js", ".svg"}
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_URL = re.compile(r"url\(/assets/[^)]*\)")
_IMPORT = re.compile(r"(from\s*[\"'])\./([\w.-]+)([\"'])")

AssetName = Annotated[str, fastapi.Path(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    name: str
    media_type: str
    body: bytes
    squeezed: bytes


class Assets:
    """The files a service's pages refer to, read at first use."""

    def __init__(self, package: str, folder: str = "") -> None:
        self._package = package
        self._folder = folder

    def url(self, name: str) -> str:
        """The address of ``govuk-frontend.min.css`` and so on. KeyError when there is no such file."""
        return f"/{self._package}/assets/{self._found[0][name]}"

    def find(self, name: str) -> Asset | None:
        """By the name with the hash in it."""
        return self._found[1].get(name)

    @cached_property
    def _found(self) -> tuple[dict[str, str], dict[str, Asset]]:
        names: dict[str, str] = {}
        assets: dict[str, Asset] = {}
        for path in self._paths():
            asset = _prepared(path, names)
            names[path.name] = asset.name
            assets[asset.name] = asset
        return names, assets

    def _paths(self) -> list[Path]:
        """GOV.UK Frontend's files first: ours import them."""
        folder = self._frontend()
        own = (Path(__file__).parent / "static", *folders_of(self._package, "static"))
        return [folder / name for name in _FRONTEND] + [p for one in own for p in sorted(one.glob("*.*"))]

    def _frontend(self) -> Path:
        tried = [Path(self._folder)] if self._folder else [_CHECKOUT, _IMAGE]
        for folder in tried:
            if all((folder / name).is_file() for name in _FRONTEND):
                return folder
        raise Problem(
            503,
            "assets-missing",
            f"GOV.UK Frontend is not in {' or '.join(map(str, tried))}. "
            "Run `make setup`, or name its folder in the setting `assets`.",
        )


def _prepared(path: Path, names: dict[str, str]) -> Asset:
    body = path.read_bytes()
    if path.name == "govuk-frontend.min.css":
        body = _without_crown(body.decode()).encode()
    if path.suffix == ".js":
        body = _IMPORT.sub(lambda m: f"{m[1]}./{names.get(m[2], m[2])}{m[3]}", body.decode()).encode()
    digest = hashlib.sha256(body).hexdigest()[:12]
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    squeezed = gzip.compress(body, mtime=0) if path.suffix in _SQUEEZED else b""
    return Asset(f"{path.stem}.{digest}{path.suffix}", media_type, body, squeezed)


def _without_crown(css: str) -> str:
    css = _FONT_FACE.sub("", css).replace("GDS Transport,arial", "arial")
    # What is left of /assets/ is the royal crest of the copyright logo.
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", _URL.sub("none", css))


def router(package: str) -> APIRouter:
    """``GET /<service>/assets/{name}``."""
    made = APIRouter(tags=["pages"])

    @made.get(f"/{package}/assets/{{name}}", response_class=Response)
    async def read_asset(_: Annotated[None, public], request: Request, name: AssetName) -> Response:
        """A style or script of the pages; its name changes with its content."""
        asset: Asset | None = request.app.state.assets.find(name)
        if asset is None:
            raise not_found("such file")
        headers = {"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
        if not asset.squeezed:
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.body, headers=headers, media_type=asset.media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(asset.squeezed, headers=headers, media_type=asset.media_type)

    return made
