"""``python -m chassis VERB SERVICE``: run a service, on a laptop and in an image."""

import argparse
import asyncio
import gc
import importlib
import sys
from contextlib import suppress

from chassis import telemetry
from chassis.app import Service, create_app
from chassis.commands import CommandError, ExitCode, Reporter, make_reporter, read_settings
from chassis.settings import Settings


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chassis", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="answer HTTP requests")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080)
    work = verbs.add_parser("work", help="relay the outbox and consume events")
    work.add_argument("--host", default="127.0.0.1", help="of its health and metrics")
    work.add_argument("--port", type=int, help="of its health and metrics; the setting WORKER_PORT (8081)")
    migrate = verbs.add_parser("migrate", help="bring the database to this version's tables")
    migrate.add_argument("--down", action="store_true", help="back to an empty database: loses all data")
    verbs.add_parser("resync", help="tell the present state again, as events that copies are set to")
    dead_letters = verbs.add_parser("dead-letters", help="read, replay and drop events that failed")
    jobs = verbs.add_parser("jobs", help="count jobs; read, replay and drop those that were given up")
    run = verbs.add_parser("run", help="run one of the service's own commands")
    for verb in verbs.choices.values():
        verb.add_argument("service")
    _add_dead_letter_actions(dead_letters)
    _add_job_actions(jobs)
    run.add_argument("command")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _add_dead_letter_actions(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", help="list, if there is none")
    listing = actions.add_parser("list", help="how many, since when and why; their ids")
    listing.add_argument("--consumer")
    listing.add_argument("--dropped", action="store_true", help="those that were dropped, by whom and why")
    show = actions.add_parser("show", help="one of them")
    show.add_argument("--data", action="store_true", help="the event too: may show personal data")
    replay = actions.add_parser("replay", help="try one, or all, again")
    replay.add_argument("--consumer", help="all of this consumer")
    drop = actions.add_parser("drop", help="remove one for ever")
    _add_decisions(show, replay, drop)


def _add_job_actions(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", help="list, if there is none")
    actions.add_parser("count", help="how many of each kind are in each state; reads the whole queue")
    listing = actions.add_parser("list", help="those given up: how many, since when and why; their ids")
    listing.add_argument("--kind")
    listing.add_argument("--dropped", action="store_true", help="those that were dropped, by whom and why")
    show = actions.add_parser("show", help="one of them")
    show.add_argument("--data", action="store_true", help="the payload too: may show personal data")
    replay = actions.add_parser("replay", help="put one, or all, back on the queue")
    replay.add_argument("--kind", help="all of this kind")
    drop = actions.add_parser("drop", help="decide that one is not to be done")
    _add_decisions(show, replay, drop)


def _add_decisions(
    show: argparse.ArgumentParser, replay: argparse.ArgumentParser, drop: argparse.ArgumentParser
) -> None:
    """Add what is the same for dead letters and jobs that were given up: which one, who decides and why."""
    replay.add_argument("--all", action="store_true")
    drop.add_argument("--reason", required=True, help="why, for those who look later")
    drop.add_argument("--by", help="who decides; the Unix user if left out")
    for action, nargs in ((show, None), (replay, "?"), (drop, None)):
        action.add_argument("id", nargs=nargs)


def main() -> int:
    """Run the verb of the command line; return the exit code."""
    arguments = _make_parser().parse_args()
    service: Service = importlib.import_module(f"{arguments.service}.app").service
    try:
        settings = read_settings(service.settings)
        telemetry.log_as_json(service.name, settings.log_level)
        return _run_verb(service, settings, arguments)
    except (Exception, KeyboardInterrupt) as error:
        reason = _explain(error, service, arguments.verb)
        if reason is None:
            raise
        sys.stderr.write(f"{arguments.verb} {service.name}: {reason}\n")
        return reason.code


def _explain(error: BaseException, service: Service, verb: str) -> CommandError | None:
    from chassis.command_errors import Names, explain  # noqa: PLC0415 - a web process has no use for NATS

    prefix = service.settings.model_config.get("env_prefix", "")
    database = "MIGRATION_URL" if verb == "migrate" else "DATABASE_URL"
    return explain(error, Names(service.name, f"{prefix}{database}", f"{prefix}NATS_URL"))


def _run_verb(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    match arguments.verb:
        case "serve":
            _serve(service, settings, arguments.host, arguments.port)
        case "work":
            port = settings.worker_port if arguments.port is None else arguments.port
            _work(service, settings, arguments.host, port)
        case "migrate":
            _migrate(service, settings, down=arguments.down)
        case "resync":
            return _resync(service, settings)
        case "dead-letters":
            return _run_dead_letters(service, settings, arguments)
        case "jobs":
            return _run_jobs(service, settings, arguments)
        case _:
            return _run(service, settings, arguments.command, arguments.arguments)
    return ExitCode.DONE


# Each verb imports only what it needs: five services and five workers share a laptop's memory.


def _serve(service: Service, settings: Settings, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415

    from chassis.server import Server  # noqa: PLC0415

    app = create_app(service, settings)
    freeze_objects()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.graceful_timeout,
    )
    with suppress(KeyboardInterrupt):
        Server(config, settings.drain_wait, app.state.readiness.drain).run()


def freeze_objects() -> None:
    """Take what is loaded out of garbage collection.

    A service is 180,000 objects before its first request. A collection of them all takes an eighth of a
    second, which a request now and then would wait for.
    """
    gc.collect()
    gc.freeze()


def _work(service: Service, settings: Settings, host: str, port: int) -> None:
    import uvloop  # noqa: PLC0415

    from chassis.worker import process as worker  # noqa: PLC0415
    from chassis.worker.http_port import ListenError  # noqa: PLC0415

    try:
        uvloop.run(worker.run(service, settings, host, port))
    except ListenError as error:
        raise CommandError(ExitCode.REFUSED, f"the worker {error}; choose another --port") from None


def _migrate(service: Service, settings: Settings, *, down: bool) -> None:
    from chassis import migrations  # noqa: PLC0415

    if not settings.migration_url:
        prefix = service.settings.model_config.get("env_prefix", "")
        message = f"Set {prefix}MIGRATION_URL to the owner's database URL."
        raise CommandError(ExitCode.MISCONFIGURED, message)
    revision = "base" if down else "heads"
    asyncio.run(
        migrations.migrate(
            service.name, settings.migration_url, to=revision, tcp_timeout=settings.tcp_timeout
        )
    )


def _run_dead_letters(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    from chassis.delivery import dead_letter_commands  # noqa: PLC0415

    return asyncio.run(dead_letter_commands.run(service, settings, arguments))


def _run_jobs(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    from chassis import job_commands  # noqa: PLC0415

    return asyncio.run(job_commands.run(service, settings, arguments))


def _resync(service: Service, settings: Settings) -> int:
    if not service.snapshots:
        raise CommandError(ExitCode.USAGE, "It has no state to tell again: it publishes none.")

    async def run(report: Reporter) -> int:
        from chassis.resync import resync  # noqa: PLC0415

        database, counts = service.database(settings), dict[str, int]()
        try:
            async for progress in resync(service.snapshots, database):
                note = "waiting for the worker to publish them" if progress.waits else ""
                report.progress(progress.aggregate, progress.events, note=note)
                counts[progress.aggregate] = progress.events
        finally:
            await database.close()
        return report.finish(ExitCode.DONE, "in-outbox", **counts)

    with make_reporter() as report:
        return asyncio.run(run(report))


def _run(service: Service, settings: Settings, name: str, arguments: list[str]) -> int:
    command = service.commands.get(name)
    if command is None:
        message = f"There is no command {name!r}; there are {', '.join(sorted(service.commands)) or 'none'}."
        raise CommandError(ExitCode.USAGE, message)

    async def run() -> int:
        return await command(settings, arguments)

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
