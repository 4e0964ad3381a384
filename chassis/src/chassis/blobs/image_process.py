"""The process that encodes a picture anew: ``python -m chassis.blobs.image_process image/png``, by pipes."""

import io
import resource
import sys
from typing import Any

from PIL import Image, ImageOps

_MEMORY = 1_500_000_000  # bytes of address space: 64 million pixels, decoded and turned
_CPU = 20  # seconds
_MAX_PIXELS = 64_000_000
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 88},
}


def main() -> int:
    """Read a picture from stdin, write it to stdout; on failure say why on stderr."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU))
    Image.MAX_IMAGE_PIXELS = None  # checked below, before anything is decoded
    try:
        content = encode(sys.stdin.buffer.read(), _FORMATS[sys.argv[1]])
    except Exception as error:  # noqa: BLE001 - decoders raise anything at all; the parent says what it was
        print(f"it cannot be decoded ({type(error).__name__})", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(content)
    return 0


def encode(content: bytes, form: str) -> bytes:
    """Encode a picture anew, in the same form, with nothing but its pixels."""
    picture: Image.Image = Image.open(io.BytesIO(content), formats=[form])
    if picture.width * picture.height > _MAX_PIXELS:
        raise ValueError("too many pixels")
    picture = ImageOps.exif_transpose(picture)
    bare = Image.new(picture.mode, picture.size)
    if picture.mode == "P":
        bare.putpalette(picture.getpalette("RGBA") or [], "RGBA")
    bare.paste(picture)
    out = io.BytesIO()
    bare.save(out, form, **_OPTIONS.get(form, {}))
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
