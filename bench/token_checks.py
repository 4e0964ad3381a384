"""The check of a token in a service, offline: what it costs the first time, and again."""

import time
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.issuer import Issuer
from chassis.tokens import TokenVerifier, make_key_source

_TOKENS = 1_000
_ROUNDS = 5  # of which the best counts


async def measure(folder: Path) -> list[Figure]:
    """Measure how long the check of a token takes, the first time and again."""
    issuer = Issuer(folder)
    verifier = TokenVerifier(issuer.name, "townhall", make_key_source(issuer.jwks_url))
    await verifier.check(issuer.token(["address:read"]))  # this reads the keys
    rounds = []
    for _ in range(_ROUNDS):
        tokens = [issuer.token(["address:read"]) for _ in range(_TOKENS)]
        rounds.append([await _median_seconds(verifier, tokens) for _ in range(2)])
    first, again = (min(seconds) for seconds in zip(*rounds, strict=True))
    return [
        Figure("token checked for the first time", first * 1_000, "ms", most=0.15),
        Figure("token checked again", again * 1_000_000, "us", most=10),
    ]


async def _median_seconds(verifier: TokenVerifier, tokens: list[str]) -> float:
    durations = []
    for token in tokens:
        started = time.perf_counter()
        await verifier.check(token)
        durations.append(time.perf_counter() - started)
    return median(durations)
