"""``python -m chassis VERB SERVICE``: run a service, on a laptop and in an image."""

import argparse
import asyncio
import gc
import importlib
import sys

from chassis import telemetry
from chassis.app import Service, create_app
from chassis.settings import Settings


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chassis", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="answer HTTP requests")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080)
    verbs.add_parser("work", help="relay the outbox and consume events")
    migrate = verbs.add_parser("migrate", help="bring the database to this version's tables")
    migrate.add_argument("--down", action="store_true", help="back to an empty database: loses all data")
    replay = verbs.add_parser("replay", help="try the dead letters of a consumer again")
    replay.add_argument("--consumer", required=True)
    run = verbs.add_parser("run", help="run one of the service's own commands")
    for verb in verbs.choices.values():
        verb.add_argument("service")
    run.add_argument("command")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def main() -> int:
    """Run the verb of the command line; return the exit code."""
    arguments = _make_parser().parse_args()
    service: Service = importlib.import_module(f"{arguments.service}.app").service
    settings = service.settings()
    telemetry.log_as_json(service.name, settings.log_level)
    match arguments.verb:
        case "serve":
            _serve(service, arguments.host, arguments.port)
        case "work":
            _work(service, settings)
        case "migrate":
            _migrate(service, settings, down=arguments.down)
        case "replay":
            return _replay(service, settings, arguments.consumer)
        case _:
            return _run(service, settings, arguments.command, arguments.arguments)
    return 0


# Each verb imports only what it needs: five services and five workers share a laptop's memory.


def _serve(service: Service, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415

    app = create_app(service)
    freeze_objects()
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def freeze_objects() -> None:
    """Take what is loaded out of garbage collection.

    A service is 180,000 objects before its first request. A collection of them all takes an eighth of a
    second, which a request now and then would wait for.
    """
    gc.collect()
    gc.freeze()


def _work(service: Service, settings: Settings) -> None:
    import uvloop  # noqa: PLC0415

    from chassis import worker  # noqa: PLC0415

    uvloop.run(worker.run(service, settings))


def _migrate(service: Service, settings: Settings, *, down: bool) -> None:
    from chassis import migrations  # noqa: PLC0415

    if not settings.migration_url:
        prefix = service.settings.model_config.get("env_prefix", "")
        raise SystemExit(f"set {prefix}MIGRATION_URL to the owner's database URL")
    revision = "base" if down else "heads"
    asyncio.run(
        migrations.migrate(
            service.name, settings.migration_url, to=revision, tcp_timeout=settings.tcp_timeout
        )
    )


def _replay(service: Service, settings: Settings, name: str) -> int:
    from chassis import worker  # noqa: PLC0415

    try:
        done, left = asyncio.run(worker.replay(service, settings, name))
    except KeyError:
        names = [consumer.name for consumer in service.all_consumers]
        raise SystemExit(f"no consumer {name}; there are {names}") from None
    print(f"{done} done, {left} still dead")
    return 1 if left else 0


def _run(service: Service, settings: Settings, name: str, arguments: list[str]) -> int:
    command = service.commands.get(name)
    if command is None:
        raise SystemExit(f"{service.name} has no command {name!r}; there are {sorted(service.commands)}")

    async def run() -> int:
        return await command(settings, arguments)

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
