"""Circuit breakers: a provider that failed several times in a row is left alone for a while."""

from dataclasses import dataclass

FAILURES = 5  # in a row, until it is left alone
PAUSE = 10.0  # seconds


@dataclass(slots=True)
class Circuit:
    """The circuit of one provider at one council. Moments are seconds of a clock that only goes forward."""

    failures: int = 0
    opened_at: float = 0.0
    is_on_trial: bool = False

    def admit(self, now: float) -> bool:
        """Say whether a call may go through: all, or after the pause one at a time."""
        if self.failures < FAILURES:
            return True
        if self.is_on_trial or now < self.opened_at + PAUSE:
            return False
        self.is_on_trial = True
        return True

    def record(self, now: float, *, is_failure: bool) -> None:
        """Count how a call ended: a success closes the circuit."""
        self.is_on_trial = False
        self.failures = self.failures + 1 if is_failure else 0
        if self.failures >= FAILURES:
            self.opened_at = now

    def abandon(self) -> None:
        """Forget a call that nobody waited for to its end."""
        self.is_on_trial = False
