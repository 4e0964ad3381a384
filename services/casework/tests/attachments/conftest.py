import io
from pathlib import Path

import pytest
from PIL import Image

from chassis.blobs import MissingBlobError, open_storage
from services.casework.tests.cases.conftest import SCOPES, desk, installed, now, open_desk

__all__ = ["SCOPES", "desk", "installed", "now", "open_desk"]

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PDF = b"%PDF-1.7\n" + b"x" * 2_000
CAMERA = "Somebody's camera"


def make_photo(form="JPEG", tail=b""):
    """Make a picture that says with which camera it was taken."""
    picture, out = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = CAMERA  # the camera's maker
    picture.save(out, form, exif=exif)
    return out.getvalue() + tail


class Files:
    """The attachments of a case, for one desk."""

    def __init__(self, desk, case):
        self.desk, self.case = desk, case
        self.base = f"{desk.base}/cases/{case['id']}/attachments"

    def of(self, desk):
        """Return the same case for another desk."""
        return Files(desk, self.case)

    async def add(self, content=PDF, *, name="letter.pdf", media="application/pdf", headers=(), **params):
        return await add(self.desk, self.base, content, name, media, headers, params)

    async def send(self, method, path="", **options):
        headers = self.desk.headers | options.pop("headers", {})
        return await self.desk.client.request(method, f"{self.base}{path}", headers=headers, **options)

    async def list(self):
        return (await self.send("GET")).json()["items"]

    async def get(self, attachment):
        return await self.send("GET", f"/{attachment['id']}")

    async def read(self, attachment):
        return await self.send("GET", f"/{attachment['id']}/content")

    async def delete(self, attachment):
        return await self.send("DELETE", f"/{attachment['id']}")

    async def redact(self, attachment, copy, version=None, role="waste_officer", **members):
        headers = {"If-Match": f'"{version or attachment["version"]}"'}
        body = {"redacted_copy": copy["id"], "reason": "A number plate", "role": role, **members}
        return await self.send("POST", f"/{attachment['id']}/redaction", json=body, headers=headers)

    async def history(self):
        items = (await self.desk.get(f"cases/{self.case['id']}/history")).json()["items"]
        return [entry for entry in items if entry["kind"] == "attachment"]


async def add(desk, url, content, name, media, headers, params):
    headers = {
        **desk.headers,
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="{name}"',
        **dict(headers),
    }
    return await desk.client.post(url, content=content, headers=headers, params=params)


@pytest.fixture
def open_files(open_desk, now, installed):
    """Open a case, and return its attachments for the desk that opened it."""

    async def open_files(opener=None, **members):
        opener = opener or open_desk()
        case = (await opener.open(**members)).json()
        return Files(opener, case)

    return open_files


@pytest.fixture
async def files(open_files):
    return await open_files()


@pytest.fixture
def storage(settings):
    return open_storage(settings)


@pytest.fixture
def is_there(storage):
    async def is_there(blob):
        try:
            await storage.read(blob)
        except MissingBlobError:
            return False
        return True

    return is_there


@pytest.fixture
def officer(open_desk, desk):
    """Make a member of staff with roles of the case type."""

    async def officer(name, *roles):
        path = f"{desk.base}/role-holders/{name}"
        await desk.client.put(path, json={"roles": list(roles)}, headers=desk.headers)
        return open_desk(sub=name, client_id="office")

    return officer


@pytest.fixture
def blobs(settings):
    """List the files in the storage, those that are half written too, since the test began."""
    folder = Path(settings.blobs.removeprefix("file://"))
    before = set(folder.rglob("*"))

    def blobs():
        return sorted(path.name for path in set(folder.rglob("*")) - before if path.is_file())

    return blobs
