"""Measure the matching, or fit its confidence: ``python -m services.address.accuracy [fit] [--size N]``."""

import argparse

from services.address.accuracy import report

_FIT_SIZE, _REPORT_SIZE = 4_000, 5_000


def main() -> None:
    """Print the accuracy report as Markdown; with ``fit``, write new coefficients instead."""
    parser = argparse.ArgumentParser(prog="python -m services.address.accuracy", description=__doc__)
    parser.add_argument("action", choices=("report", "fit"), nargs="?", default="report")
    parser.add_argument("--size", type=int, metavar="N", help="addresses of each set")
    options = parser.parse_args()
    if options.action == "fit":
        report.fit(options.size or _FIT_SIZE)
    else:
        print(report.markdown(options.size or _REPORT_SIZE))


if __name__ == "__main__":
    main()
