"""``python -m bench.accuracy``: the accuracy report, as Markdown. ``fit``: fit the confidence anew."""

import sys

from bench.accuracy import report

_FIT_SIZE, _REPORT_SIZE = 4_000, 5_000


def main() -> None:
    if sys.argv[1:] == ["fit"]:
        report.fit(_FIT_SIZE)
    else:
        print(report.markdown(_REPORT_SIZE))


if __name__ == "__main__":
    main()
