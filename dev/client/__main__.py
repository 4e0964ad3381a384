"""``python -m dev.client generate | check | wheel FOLDER``."""

import argparse
from pathlib import Path

from dev.client import generator


def main() -> int:
    """Run the verb of the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dev.client", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("generate", help="generate the operations again from contracts/openapi")
    verbs.add_parser("check", help="generate them unless they are of today's contracts; fail on a warning")
    wheel = verbs.add_parser("wheel", help="write a wheel for those who have no checkout")
    wheel.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    try:
        changed = generator.generate_client(again=arguments.verb == "generate")
    except generator.GeneratorError as error:
        print(error)
        return 1
    names = ", ".join(changed)
    print(f"The client was generated: {names}." if names else "The client matches the contracts.")
    return generator.build_wheel(arguments.folder) if arguments.verb == "wheel" else 0


if __name__ == "__main__":
    raise SystemExit(main())
