"""``python -m gateway render | serve``: write Envoy's first files; keep them up to date."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from gateway import files
from gateway.contracts import ContractError
from gateway.settings import Settings


class _JsonLines(logging.Formatter):
    """One JSON object a line, as the services write them."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": "gateway",
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 when a setting or a contract cannot be used, said on standard error."""
    asked = _parser().parse_args(arguments)
    try:
        settings = Settings()
        if asked.out:
            settings = settings.model_copy(update={"out": asked.out})
        if asked.verb == "render":
            return _render(settings, bare=asked.bare)
        _serve(settings, asked.host, asked.port)
    except (ContractError, ValidationError, ValueError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    render = verbs.add_parser("render", help="write the files Envoy starts with")
    render.add_argument("--bare", action="store_true", help="without filters, to measure against")
    serve = verbs.add_parser("serve", help="run the control plane")
    for verb in (render, serve):
        verb.add_argument("--out", type=Path, help="folder of Envoy's files; GATEWAY_OUT unless given")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8006)
    return parser


def _render(settings: Settings, *, bare: bool) -> int:
    """From the contracts and from what was last known; identity need not be up."""
    known = files.read_contracts(settings.contracts)
    files.write_dynamic(settings, known, files.last_known(settings.out), bare=bare)
    print(files.write_bootstrap(settings, bare=bare))
    return 0


def _serve(settings: Settings, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - rendering needs no server

    from gateway.app import create  # noqa: PLC0415

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # logs full URLs at INFO
    uvicorn.run(create(settings), host=host, port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    sys.exit(main())
