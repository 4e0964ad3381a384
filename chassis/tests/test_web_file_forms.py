"""Forms with a file: streamed, within bounds, from our own pages only."""

import asyncio
import re

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.web.multipart import MultipartError, MultipartReader

HTML = {"Accept": "text/html"}
BOUNDARY = "----browser"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
async def browser(app, client):
    """Open a client of its own that keeps its cookies, on a page with a form."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test.invalid", headers=HTML
    ) as browser:
        page = await browser.get("/notes/write")
        browser.token = re.search(r'name="csrf" value="([\w-]+)"', page.text)[1]
        yield browser


def field(name, value):
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file(content, name="a.txt", kind="text/plain"):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return head.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"


HEADERS = f"--{BOUNDARY}\r\n".encode() + b"A: b\r\n" * 9 + b"\r\nx\r\n"
END = f"--{BOUNDARY}--\r\n".encode()


async def send(browser, *parts, kind=KIND, **headers):
    content = b"".join(parts)
    return await browser.post("/notes/files", content=content, headers={"Content-Type": kind, **headers})


async def send_file(browser, *parts):
    return await send(browser, field("csrf", browser.token), *parts)


async def test_a_file_arrives_with_its_name_and_the_fields_before_it(browser):
    words = field("words", 'Dŵr & "here"')
    response = await send_file(browser, words, file(b"\x00\r\n--" * 1_000, "cŵn %22x%22.txt"), END)
    assert response.json() == {
        "words": 'Dŵr & "here"', "name": 'cŵn "x".txt', "declared": "text/plain", "size": 5_000,
        "longest": 5_000, "end": (b"\x00\r\n--" * 2)[-8:].hex(),
    }  # fmt: skip


async def test_what_a_browser_sends_without_a_file_is_a_form_without_one(browser):
    for empty in (file(b"", ""), b""):
        response = await send_file(browser, field("words", "none"), empty, END)
        assert response.json() == {"words": "none"}


async def test_what_httpx_writes_is_read_too(browser):
    response = await browser.post(
        "/notes/files", data={"csrf": browser.token}, files={"file": ("b.bin", b"x" * 300_000)}
    )
    assert response.json()["size"] == 300_000


@pytest.mark.parametrize(
    ("parts", "kind", "words"),
    [
        (lambda token: [token, file(b"x")], KIND, "broke off"),
        (lambda token: [token, file(b"x")[:-1], b"--", END], KIND, "broke off"),
        (lambda token: [token], KIND, "ends before its last boundary"),
        (lambda token: [], KIND, "ends before its last boundary"),
        (lambda token: [token, file(b"x"), field("words", "late"), END], KIND, "last field"),
        (lambda token: [token, file(b"x"), file(b"y"), END], KIND, "last field"),
        (lambda token: [token, *[field("words", n) for n in range(20)], END], KIND, "more than 20 parts"),
        (lambda token: [token, field("words", "x" * 17_000), END], KIND, "more than 16384 bytes"),
        (lambda token: [token, field("words", "x\x00"), END], KIND, "NUL"),
        (lambda token: [token, field("x" * 3_000, "y"), END], KIND, "header size"),
        (lambda token: [token, f"--{BOUNDARY}\r\n\r\nx\r\n".encode(), END], KIND, "no name"),
        (lambda token: [token, HEADERS, END], KIND, "count"),
        (lambda token: [token, f"--{BOUNDARY}\r\nA b\r\n\r\nx\r\n".encode(), END], KIND, "invalid character"),
        (lambda token: [token, END], "multipart/form-data", "with a boundary"),
        (lambda token: [token, END], f"multipart/mixed; boundary={BOUNDARY}", "with a boundary"),
        (lambda token: [token, END], "multipart/form-data; boundary=other", "cannot be read"),
        (lambda token: [token, END], f"multipart/form-data; boundary={'x' * 300}", "cannot be read"),
        (lambda token: [b"csrf=x"], "application/x-www-form-urlencoded", "with a boundary"),
    ],
)  # fmt: skip
async def test_what_no_browser_sends_is_a_400_that_says_what_is_wrong(browser, parts, kind, words):
    headers = {"Accept": "application/json"}
    response = await send(browser, *parts(field("csrf", browser.token)), kind=kind, **headers)
    assert response.status_code == 400, response.text
    assert words in response.json()["detail"]


async def test_the_token_comes_first_and_is_this_browsers(browser):
    token = field("csrf", browser.token)
    for parts in ([field("words", "x"), token], [field("csrf", "stolen")], [file(b"x")], []):
        response = await send(browser, *parts, END)
        assert response.status_code == 403
        assert "Send the form again" in response.text
    foreign = await send(browser, token, END, **{"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


async def test_of_another_sites_form_nothing_behind_the_token_is_read(browser):
    pieces = []

    async def body():
        for piece in (field("csrf", "stolen"), *[file(b"x" * 100_000)] * 5, END):
            pieces.append(piece)
            yield piece

    response = await browser.post("/notes/files", content=body(), headers={"Content-Type": KIND})
    assert response.status_code == 403
    assert len(pieces) <= 2


async def test_a_compressed_form_is_refused(browser):
    response = await send(browser, field("csrf", browser.token), END, **{"Content-Encoding": "gzip"})
    assert response.status_code == 415


async def test_a_body_over_the_limit_is_refused_as_it_comes(browser):
    async def body():
        yield field("csrf", browser.token) + file(b"")[:-2]
        for _ in range(200):
            yield b"x" * 10_000

    response = await browser.post("/notes/files", content=body(), headers={"Content-Type": KIND})
    assert response.status_code == 413


def read_all(chunks, content_type=KIND):
    """Read a body given in pieces; return its parts as (name, filename, content), or None if malformed."""

    async def stream():
        for chunk in chunks:
            yield chunk

    async def read():
        reader = MultipartReader(stream(), content_type)
        parts = []
        while (part := await reader.next_part()) is not None:
            content = b"".join([piece async for piece in reader.read()])
            parts.append((part.name, part.filename, content))
        return parts

    try:
        return asyncio.run(read())
    except MultipartError:
        return None


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=30))
def test_however_the_network_cuts_a_body_its_file_is_the_same(content, cuts):
    content = content.replace(BOUNDARY.encode(), b"")
    body, pieces = field("csrf", "t") + file(content) + END, []
    for cut in cuts:
        pieces.append(body[:cut])
        body = body[cut:]
    parts = read_all([piece for piece in (*pieces, body) if piece])
    assert parts == [("csrf", None, b"t"), ("file", "a.txt", content)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([b"\r\n", b"--", BOUNDARY.encode(), b"Content-Disposition: form-data; name=a",
                                 b"\r", b"\n", b":", b"x", b'"', b"\x00"]), max_size=25))  # fmt: skip
def test_a_hostile_body_is_parts_or_an_error_and_nothing_else(tokens):
    read_all(tokens)
