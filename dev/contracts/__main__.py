"""``python -m dev.contracts generate | check | release [--breaking WHY]``."""

import argparse

from dev.contracts import check, files, generate, release
from dev.contracts.breaking.folders import compare


def main() -> int:
    """The exit status: 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m dev.contracts", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("generate", help="write contracts/ anew from the code")
    verbs.add_parser(
        "check", help="fail when contracts/ is not what the code says, or breaks the last release"
    )
    new = verbs.add_parser("release", help="make contracts/ what later changes are held to")
    new.add_argument("--breaking", metavar="WHY", default="", help="release although clients break")
    asked = parser.parse_args()
    if asked.verb == "release":
        return _release(asked.breaking)
    return generate.generate() if asked.verb == "generate" else check.check()


def _release(reason: str) -> int:
    contracts = files.read()
    if check.drift(contracts, generate.texts()):
        print("The contracts are not what the code says. Way out: make contracts")
        return 1
    base = release.last()
    broken = compare(base.documents(), check.documents(contracts))
    if broken and not reason:
        print("\n".join(check.told(broken)))
        print(f'{len(broken)} changes break clients. Way out: mend them, or say why: --breaking "why"')
        return 1
    if contracts == base.contracts and not base.edited:
        print(f"Release {base.number} is what contracts/ holds already.")
        return 0
    print(f"Release {release.advance(contracts, broken, reason)}: {len(contracts)} contracts.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
