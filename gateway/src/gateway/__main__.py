"""``python -m gateway render | serve | drain``: write Envoy's files; keep them up to date; stop it gently."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import ValidationError

from gateway import files
from gateway.contracts import ContractError
from gateway.settings import Settings

_STOP_TIMEOUT = 5  # seconds


class _JsonFormatter(logging.Formatter):
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1, with the reason on standard error, for a bad setting or contract."""
    arguments = _build_parser().parse_args(argv)
    try:
        settings = Settings()
        if arguments.out:
            settings = settings.model_copy(update={"out": arguments.out})
        if arguments.verb == "render":
            return _render(settings, bare=arguments.bare)
        if arguments.verb == "drain":
            return _drain(settings, arguments.wait, arguments.timeout)
        _serve(settings, arguments.host, arguments.port)
    except (ContractError, ValidationError, ValueError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    render = verbs.add_parser("render", help="write the files Envoy starts with")
    render.add_argument("--bare", action="store_true", help="without filters, to measure against")
    serve = verbs.add_parser("serve", help="run the control plane")
    drain = verbs.add_parser("drain", help="let Envoy finish its requests, before it is stopped")
    drain.add_argument("--wait", type=float, default=5.0, help="seconds for load balancers to turn away")
    drain.add_argument("--timeout", type=float, default=20.0, help="seconds in all")
    for verb in (render, serve, drain):
        verb.add_argument("--out", type=Path, help="folder of Envoy's files; GATEWAY_OUT unless given")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8006)
    return parser


def _render(settings: Settings, *, bare: bool) -> int:
    """Write all files from the contracts and the last snapshot; identity need not run."""
    contracts = files.read_contracts(settings.contracts)
    files.write_dynamic(settings, contracts, files.read_state(settings.out), bare=bare)
    print(files.write_bootstrap(settings, contracts, bare=bare))
    return 0


def _drain(settings: Settings, wait: float, timeout: float) -> int:
    from gateway.drain import drain  # noqa: PLC0415 - rendering needs no client

    try:
        left = drain(settings.admin_port, wait, timeout)
    except httpx.HTTPError as error:
        raise ValueError(f"Envoy's admin at port {settings.admin_port} does not answer: {error}") from error
    print(f"{left} requests are left" if left else "drained")
    return 1 if left else 0


def _serve(settings: Settings, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - rendering needs no server

    from gateway.app import create_app  # noqa: PLC0415

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # logs full URLs at INFO
    # No request of a client comes here, so it need not drain: Prometheus and the kubelet ask again.
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_TIMEOUT,
    )


if __name__ == "__main__":
    sys.exit(main())
