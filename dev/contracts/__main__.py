"""``python -m dev.contracts generate | check | lint | release [--breaking WHY] | prove``."""

import argparse

from dev.contracts import check, files, generator, linters, proof, release
from dev.contracts.compatibility.comparison import compare_contracts


def main() -> int:
    """Run the verb of the command line; return the exit status, 0 when all is well."""
    arguments = _parse_arguments()
    match arguments.verb:
        case "generate":
            return generator.generate_contracts()
        case "lint":
            return linters.lint_contracts()
        case "release":
            return _release_contracts(arguments.breaking)
        case "prove":
            return proof.prove_comparison()
        case _:
            return check.check_contracts()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.contracts", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("generate", help="write contracts/ from the code")
    verbs.add_parser("check", help="fail when contracts/ differs from the code, or breaks the last release")
    verbs.add_parser("lint", help="fail when linters of others find fault with contracts/")
    verb = verbs.add_parser("release", help="make contracts/ what later changes are compared with")
    verb.add_argument("--breaking", metavar="WHY", default="", help="release although clients break")
    verbs.add_parser("prove", help="run every test of the comparison, and record that its sources passed")
    return parser.parse_args()


def _release_contracts(reason: str) -> int:
    contracts = files.read_contracts()
    if check.find_drift(contracts, generator.make_texts()):
        print("The contracts differ from the code. Way out: make contracts")
        return 1
    last_release = release.read_release()
    findings = compare_contracts(last_release.parse_documents(), check.parse_documents(contracts))
    if findings and not reason:
        print("\n".join(check.describe_findings(findings)))
        print(f'{len(findings)} changes break clients. Way out: mend them, or say why: --breaking "why"')
        return 1
    if contracts == last_release.contracts and not last_release.edited:
        print(f"Release {last_release.number} holds these contracts already.")
        return 0
    number = release.write_release(contracts, findings, reason)
    print(f"Release {number}: {len(contracts)} contracts.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
