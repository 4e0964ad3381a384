"""`python -m apps.recipes check | simulate COUNCIL SERVICE | upgrade COUNCIL [--yes] | release SERVICE`."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from apps.recipes.commands import Workspace
from apps.recipes.load.faults import RecipeError
from apps.recipes.upgrade.releases import compare_with_release, release

ROOT = Path(__file__).parents[2]


def main(argv: list[str]) -> int:
    """Run a command; 1 if there are faults."""
    parser = argparse.ArgumentParser(prog="recipes")
    parser.add_argument("--recipes", type=Path, default=ROOT / "recipes")
    parser.add_argument("--councils", type=Path, default=ROOT / "dev" / "data" / "council_settings.yaml")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    simulation = commands.add_parser("simulate")
    simulation.add_argument("council")
    simulation.add_argument("service")
    upgrade = commands.add_parser("upgrade")
    upgrade.add_argument("council")
    upgrade.add_argument("--yes", action="store_true")
    commands.add_parser("release").add_argument("service")
    arguments = parser.parse_args(argv)
    try:
        return _run(arguments, Workspace(arguments.recipes, arguments.councils))
    except RecipeError as error:
        return _print(error.faults)


def _run(arguments: argparse.Namespace, workspace: Workspace) -> int:
    match arguments.command:
        case "check":
            faults = workspace.check()
            if not faults:
                _print([workspace.summarize()])
            return _print(faults)
        case "simulate":
            _print(workspace.simulate(arguments.council, arguments.service))
        case "upgrade":
            _print(workspace.upgrade(arguments.council, write=arguments.yes))
        case _:
            _print(compare_with_release(workspace.folder, arguments.service))
            _print([f"released {arguments.service}@{release(workspace.folder, arguments.service)}"])
    return 0


def _print(lines: Iterable[object]) -> int:
    count = 0
    for line in lines:
        sys.stdout.write(f"{line}\n")
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
