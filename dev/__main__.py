"""``python -m dev VERB``: what the Makefile's targets do, with options for tests."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dev import background, demonstration, lock, ports, state, status, telling, town
from dev.plan import Town
from dev.trouble import Trouble

INTERRUPTED = 130  # what shells answer for SIGINT


def main() -> int:
    """Do what is asked; a Trouble is told in two sentences, with exit code 1."""
    asked = _parser().parse_args()
    asked.state = asked.state.resolve()
    try:
        return VERBS[asked.verb](asked)
    except Trouble as trouble:
        telling.Screen().trouble(trouble)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    helps = {
        "run": "start a town and keep it until Ctrl-C",
        "up": "start a town in the background; returns when it is ready",
        "down": "stop the town that runs in the state folder",
        "status": "what runs, and how much memory it takes",
        "load": "load a file of addresses into the town that runs",
        "seed-gb": "load every postcode of Great Britain into the town that runs",
        "lock": "make requirements.lock anew",
    }
    for verb, text in helps.items():
        one = verbs.add_parser(verb, help=text)
        one.add_argument("--state", type=Path, default=state.DEFAULT, metavar="DIR")
        if verb in ("run", "up"):
            one.add_argument("--port", type=int, metavar="BASE", help=f"default: {ports.VARIABLE}, or 8000")
            one.add_argument("--data", choices=demonstration.CHOICES, default="full")
    verbs.choices["run"].add_argument("--background", action="store_true", help=argparse.SUPPRESS)
    load = verbs.choices["load"]
    load.add_argument("file", type=Path, nargs="*", help="one file, or every volume of a supply")
    load.add_argument("--council", required=True)
    for flag in demonstration.LOADER_FLAGS:
        load.add_argument(flag, dest="flags", action="append_const", const=flag, default=[])
    return parser


def _town(asked: argparse.Namespace) -> Town:
    return Town(asked.state, ports.chosen(asked.port), asked.data)


def _run(asked: argparse.Namespace) -> int:
    teller = telling.screen_or_lines(background=asked.background)
    try:
        return town.live(_town(asked), teller)
    except Trouble as trouble:
        teller.trouble(trouble)
        return 1


def _running(asked: argparse.Namespace) -> Town:
    """The town that runs in the state folder."""
    holder = state.holder(asked.state)
    if not holder:
        raise Trouble(f"No town runs in {asked.state}.", "`make up` starts one.")
    return Town(asked.state, ports.chosen(int(holder["base"])))


def _load(asked: argparse.Namespace) -> int:
    """Run the loader against the town that runs; its output is shown as it comes."""
    running = _running(asked)
    files: list[Path] = [file.resolve() for file in asked.file]
    missing = [file for file in files if not file.is_file()]
    if missing or not files or not asked.council:
        what = f"There is no file {missing[0]}." if missing else "It is not said which file, or for whom."
        raise Trouble(what, "For example: make load FILE=addresses.csv.gz COUNCIL=citytown")
    loader = demonstration.loader(running, files, asked.council, *asked.flags)
    return subprocess.run(loader.argv, env=loader.env, check=False).returncode


def _seed_postcodes(asked: argparse.Namespace) -> int:
    """Run the loader of postcodes against the town that runs; its output is shown as it comes."""
    loader = demonstration.postcode_loader(_running(asked))
    return subprocess.run(loader.argv, env=loader.env, check=False).returncode


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "up": lambda asked: background.up(_town(asked)),
    "down": lambda asked: background.down(asked.state),
    "status": lambda asked: status.show(asked.state),
    "load": _load,
    "seed-gb": _seed_postcodes,
    "lock": lambda _: lock.make(),
}


if __name__ == "__main__":
    sys.exit(main())
