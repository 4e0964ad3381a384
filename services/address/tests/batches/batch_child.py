"""``match-batch`` with a trivial engine in place of the real one: ``python batch_child.py --council ...``.

The engine knows UPRN 7 for everything that has "ACACIA" in it, cannot decide on "TWO", and dies as a killed
process does at "POISON", and at "KILL" unless there is the file that BATCH_LIVES names. It writes that first.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from address.address_text.rules.tokens import MatchQuery
from address.batches.actions import match_command
from address.matching.actions import index_load
from address.matching.rules.decision import Match
from address.settings import Settings


class Engine:
    def match(self, query: MatchQuery) -> Match:
        address = query.address.upper()
        if "KILL" in address:
            lives = Path(os.environ["BATCH_LIVES"])
            if not lives.exists():
                lives.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        if "POISON" in address:
            os.kill(os.getpid(), signal.SIGKILL)
        if "SLOW" in address:
            time.sleep(0.05)
        if "FAULT" in address:
            raise ValueError(f"the engine repeats {address}")
        if "ACACIA" in address:
            return Match("matched", 7, 0.9876, "EXACT" in address, (), ())
        return Match(
            "ambiguous" if "TWO" in address else "none", None, 0.5, exact=False, reasons=(), candidates=()
        )


async def load(pool, council):
    """In place of ``index_load.load_matcher``."""
    return Engine()


if __name__ == "__main__":
    index_load.load_matcher = load
    sys.exit(asyncio.run(match_command.command(Settings(), sys.argv[1:])))
