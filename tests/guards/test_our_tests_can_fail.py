"""A test that cannot fail is a defect: against a server that agrees to everything, every journey fails."""

import http.server
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Agreeable(http.server.BaseHTTPRequestHandler):
    """Says yes to everything."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, *_):
        """No log."""


@pytest.fixture
def agreeable():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Agreeable)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_no_journey_passes_against_a_server_that_agrees_to_everything(agreeable):
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/journeys", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "TEST_GATEWAY": agreeable},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = re.findall(r"^PASSED (\S+)", completed.stdout, re.MULTILINE)
    assert passed == []
    assert re.search(r"\d{2,} (failed|error)", completed.stdout), completed.stdout[-2000:]
