"""Pictures are encoded anew: nothing but their pixels is left, and a hostile one harms nobody."""

import io
import struct
import zlib
from types import SimpleNamespace

import pytest
from blob_harness import collect
from PIL import Image

from chassis import ids
from chassis.blobs import BrokenImageError, Content, MissingBlobError, open_storage, reencode

SECRET = b"51.5007N 0.1246W Ann's phone"
FORMS = {Content.JPEG: "JPEG", Content.PNG: "PNG", Content.GIF: "GIF", Content.WEBP: "WEBP"}


@pytest.fixture
def storage(tmp_path):
    return open_storage(SimpleNamespace(blobs=f"file://{tmp_path}/blobs"))


async def pass_through(storage, content, kind):
    async def produce():
        yield content

    source, target = ids.new(), ids.new()
    await storage.write(source, produce())
    try:
        await reencode(storage, source, target, kind)
    except BrokenImageError:
        with pytest.raises(MissingBlobError):
            await storage.read(target)
        raise
    return await collect(await storage.read(target))


def make_photo(form, mode="RGB"):
    """Make a picture, wider than high and red at the left, that says where it was taken."""
    picture = Image.new(mode, (64, 32))
    picture.paste((255, 0, 0) if mode == "RGB" else 200, (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 2.5)
    out = io.BytesIO()
    options = {} if form == "GIF" else {"exif": exif}
    picture.save(out, form, comment=SECRET, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", list(FORMS))
async def test_a_photo_says_no_more_where_and_by_whom_it_was_taken(storage, kind):
    content = make_photo(FORMS[kind]) + SECRET  # and what is hidden behind its end
    assert SECRET in content
    result = await pass_through(storage, content, kind)
    assert b"Ann" not in result
    picture = Image.open(io.BytesIO(result))
    assert picture.format == FORMS[kind]
    assert not picture.getexif()
    assert picture.size == ((64, 32) if kind is Content.GIF else (32, 64))


async def test_a_picture_stays_the_same_to_look_at(storage):
    content = make_photo("PNG")
    result = Image.open(io.BytesIO(await pass_through(storage, content, Content.PNG)))
    assert [result.getpixel(at) for at in ((16, 1), (16, 62))] == [(255, 0, 0), (0, 0, 0)]


def make_bomb(width, height):
    """Make a PNG of a few bytes that says it has so many pixels."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "a bomb": make_bomb(60_000, 60_000),
    "one that ends early": make_photo("PNG")[:60],
    "another kind than its beginning says": b"\x89PNG\r\n\x1a\n" + make_photo("GIF"),
    "nothing": b"",
}


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_a_hostile_picture_is_refused_with_a_reason(storage, name):
    with pytest.raises(BrokenImageError, match="cannot be decoded"):
        await pass_through(storage, HOSTILE[name], Content.PNG)


async def test_a_kind_that_says_it_is_another_is_refused(storage):
    with pytest.raises(BrokenImageError):
        await pass_through(storage, make_photo("PNG"), Content.JPEG)
