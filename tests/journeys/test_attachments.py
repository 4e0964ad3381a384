"""Files of a case, through the gateway and the worker: streamed, scanned, shown."""

import secrets
from datetime import UTC, datetime

import httpx
import pytest

from tests.waiting import eventually

CASES = "/citytown/casework/v1/cases"
MIB = 1_048_576
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def attachments(citytown):
    """Open a case, and return the path of its attachments."""
    today = datetime.now(UTC).date().isoformat()
    uprn = str(100_000_000_000 + secrets.randbelow(10**9))  # whose bin nobody has reported
    fields = {"uprn": uprn, "bin": "food", "collection_day": today, "ward": "Castle"}
    response = citytown.post(CASES, json={"case_type": "missed-bin", "fields": fields})
    assert response.status_code == 201, response.text
    return f"{CASES}/{response.json()['id']}/attachments"


def send(client, path, content):
    headers = {"Content-Type": "application/pdf", "Content-Disposition": 'attachment; filename="plan.pdf"'}
    return client.post(path, content=content, headers=headers)


def wait_for_verdict(client, location):
    def find_verdict():
        attachment = client.get(location).json()
        return attachment if attachment["state"] != "held" else None

    return eventually(find_verdict, within=60)


@pytest.mark.timeout(150)
def test_a_large_file_is_streamed_scanned_and_read(citytown, attachments):
    """15 MB: more than the gateway's limit for other bodies."""
    content = b"%PDF-1.7\n" + b"x" * 15 * MIB
    response = send(citytown, attachments, content)
    assert response.status_code == 201, response.text
    location = response.headers["Location"]
    assert wait_for_verdict(citytown, location)["state"] == "clean"
    download = citytown.get(f"{location}/content")
    assert download.content == content
    assert download.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.timeout(150)
def test_an_infected_file_is_named_and_not_given(citytown, attachments):
    location = send(citytown, attachments, b"%PDF-1.7\n" + EICAR).headers["Location"]
    attachment = wait_for_verdict(citytown, location)
    assert (attachment["state"], attachment["threat"]) == ("infected", "EICAR test file")
    assert citytown.get(f"{location}/content").status_code == 409


def test_a_file_over_the_limit_is_refused_while_it_is_sent(citytown, attachments):
    body_bytes = 0

    def produce():
        nonlocal body_bytes
        yield b"%PDF-1.7\n"
        for _ in range(300):
            yield b"x" * MIB
            body_bytes += MIB

    try:
        response = send(citytown, attachments, produce())
    except httpx.TransportError:  # the gateway hung up before the client looked for an answer
        pass
    else:
        assert (response.status_code, response.json()["code"]) == (413, "file-too-large")
    assert body_bytes < 150 * MIB
    assert citytown.get(attachments).json()["items"] == []
