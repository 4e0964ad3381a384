"""``python -m dev VERB``: the targets of the Makefile, with options for tests."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dev import background, consumers, demo_data, disk, lifecycle, lock, ports, progress, state, status
from dev.errors import UserError
from dev.stack import Stack
from dev.supervisor import Process

INTERRUPTED = 130  # the exit code that shells give for SIGINT


def main() -> int:
    """Run the verb; show a UserError as a problem and its remedy, with exit code 1."""
    options = _parser().parse_args()
    options.state = options.state.resolve()
    try:
        return VERBS[options.verb](options)
    except UserError as error:
        progress.ConsoleReporter().error(error)
        return 1
    except OSError as error:
        if not disk.is_disk_full(error):
            raise
        progress.ConsoleReporter().error(disk.full_error(options.state, f"`{options.verb}`"))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    helps = {
        "run": "start Townhall and keep it running until Ctrl-C",
        "up": "start Townhall in the background; returns when it is ready",
        "down": "stop what runs with its state in the folder",
        "status": "show what runs, and how much memory it takes",
        "load": "load a file of addresses into the Townhall that runs",
        "seed-gb": "load every postcode of Great Britain into the Townhall that runs",
        "consumer": "give a council's own program the events of that council",
        "lock": "resolve requirements.lock again",
    }
    for verb, text in helps.items():
        subparser = verbs.add_parser(verb, help=text)
        subparser.add_argument("--state", type=Path, default=state.DEFAULT, metavar="DIR")
        if verb in ("run", "up"):
            port_help = f"default: {ports.VARIABLE}, or 8000"
            subparser.add_argument("--port", type=int, metavar="BASE", help=port_help)
            subparser.add_argument("--data", choices=demo_data.CHOICES, default="full")
    verbs.choices["run"].add_argument("--background", action="store_true", help=argparse.SUPPRESS)
    load = verbs.choices["load"]
    load.add_argument("file", type=Path, nargs="*", help="one file, or every volume of a supply")
    load.add_argument("--council", required=True)
    consumer = verbs.choices["consumer"]
    consumer.add_argument("council")
    consumer.add_argument("name")
    consumer.add_argument("--remove", action="store_true", help="its connections end at once")
    for flag in demo_data.LOADER_FLAGS:
        load.add_argument(flag, dest="flags", action="append_const", const=flag, default=[])
    return parser


def _new_stack(options: argparse.Namespace) -> Stack:
    return Stack(options.state, ports.choose_ports(options.port), options.data)


def _running_stack(options: argparse.Namespace) -> Stack:
    """Find the stack that runs in the state folder. Raises UserError."""
    holder = state.lock_holder(options.state)
    if not holder:
        raise UserError(f"Townhall does not run in {options.state}.", "`make up` starts it.")
    return Stack(options.state, ports.choose_ports(int(holder["base"])))


def _run(options: argparse.Namespace) -> int:
    reporter = progress.create_reporter(background=options.background)
    try:
        return lifecycle.run(_new_stack(options), reporter)
    except UserError as error:
        reporter.error(error)
        return 1


def _load(options: argparse.Namespace) -> int:
    """Run the loader of addresses against the running stack."""
    stack = _running_stack(options)
    files: list[Path] = [file.resolve() for file in options.file]
    missing = [file for file in files if not file.is_file()]
    if missing or not files or not options.council:
        problem = f"There is no file {missing[0]}." if missing else "Name a file and a council."
        raise UserError(problem, "For example: make load FILE=addresses.csv.gz COUNCIL=citytown")
    return _run_loader(demo_data.loader(stack, files, options.council, *options.flags))


def _run_loader(loader: Process) -> int:
    """Run a loader with its output on ours; return its exit code."""
    return subprocess.run(loader.argv, env=loader.env, check=False).returncode


def _consumer(options: argparse.Namespace) -> int:
    """Add or remove a council's own consumer of events."""
    stack = _running_stack(options)
    if options.remove:
        consumers.remove(stack, options.council, options.name)
        print(f"Removed {options.council} {options.name}: its connections have ended.")
        return 0
    added = consumers.add(stack, options.council, options.name)
    print(f"server    {added.url}\nuser      {added.user}, also the name of its durable on every stream")
    print(f"seed      {shlex.quote(str(added.seed))}\ninbox     _INBOX.{added.user}")
    return 0


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "up": lambda options: background.up(_new_stack(options)),
    "down": lambda options: background.down(options.state),
    "status": lambda options: status.show(options.state),
    "load": _load,
    "seed-gb": lambda options: _run_loader(demo_data.postcode_loader(_running_stack(options))),
    "consumer": _consumer,
    "lock": lambda _: lock.write_lock(),
}


if __name__ == "__main__":
    sys.exit(main())
