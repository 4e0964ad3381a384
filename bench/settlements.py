"""Generated settlements: 100,000 lines in 400 payouts and 2,000 bank lines, 2% of them wrong.

The generator knows what is wrong and of which kind, and what a bank line pays. ``bench.reconciliation``
imports all of it as the service does.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from chassis import ids
from payments.processors.rules import Settlement, SettlementKind, SettlementLine
from payments.reconciliation.rules.matching import ExceptionKind
from payments.shared.check_digits import WeightedSum
from payments.shared.working_days import add_working_days

ACCOUNT = "20000012345678"
PAYOUTS, LINES, BANK_LINES, STATEMENTS = 400, 250, 2_000, 10
_A_DAY = 10  # payouts
_LONDON = ZoneInfo("Europe/London")
_OF_LINES = (
    ExceptionKind.NOT_CAPTURED,
    ExceptionKind.CAPTURED_TWICE,
    ExceptionKind.AMOUNT_DIFFERS,
    ExceptionKind.FEE_UNEXPECTED,
    ExceptionKind.UNKNOWN_ID,
    ExceptionKind.LATE,
)
OF_PAYOUTS = (
    ExceptionKind.PAYOUT_SHORT,
    ExceptionKind.BANK_MISSING,
    ExceptionKind.BANK_TWICE,
    ExceptionKind.REVERSED,
    ExceptionKind.WRONG_CURRENCY,
)
_SHARE = 0.02
_NAMELESS = 0.05  # of the payouts: the bank drops their reference
_RENTS = WeightedSum(
    kind="weighted_sum",
    weights=[0, 0, 9, 7, 1, 4, 6, 3, 2, 8, 0],
    modulus=10,
    subtract=True,
    result={10: "0"},
)


@dataclass(frozen=True)
class Taken:
    """A payment that the council took."""

    id: UUID
    provider_id: str
    amount: int
    fee: int
    captured_on: date | None


@dataclass(frozen=True)
class BankLine:
    """A line of the bank's, and the payout it is, if it is one."""

    amount: int
    day: date
    text: str
    payout: str | None = None


@dataclass
class Scenario:
    """What is there, and what is to come of it: exceptions by kind, with the ids of what each is of."""

    payments: list[Taken] = field(default_factory=list)
    payouts: list[tuple[Settlement, list[SettlementLine]]] = field(default_factory=list)
    bank: list[BankLine] = field(default_factory=list)
    exceptions: dict[str, set[str]] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)

    def fault(self, kind: ExceptionKind, subject: str) -> None:
        """Note something that is wrong."""
        self.exceptions.setdefault(kind, set()).add(subject)

    def write_statements(self) -> Iterator[bytes]:
        """Write the bank's files, by day."""
        lines = sorted(self.bank, key=lambda line: (line.day, line.text))
        size = -(-len(lines) // STATEMENTS)
        opening = 0
        for number in range(STATEMENTS):
            part = lines[number * size : (number + 1) * size]
            yield _write_camt053(number, opening, part)
            opening += sum(line.amount for line in part)


class Generator:
    """Makes a scenario from a seed. ``payouts`` and ``lines`` make it smaller."""

    def __init__(self, seed: int, today: date, payouts: int = PAYOUTS, lines: int = LINES) -> None:
        self._random = random.Random(seed)
        self._first = add_working_days(today, -(payouts // _A_DAY + 20))
        self._payouts, self._lines = payouts, lines
        self._number = 0
        self.scenario = Scenario()

    def make(self) -> Scenario:
        """Make it all."""
        wrong = self._choose_payouts()
        reversed_: Settlement | None = None
        for number in range(self._payouts):
            kind = wrong.get(number)
            settlement = self._make_payout(number, kind, reversed_)
            reversed_ = settlement if kind is ExceptionKind.REVERSED else None
        self._fill_bank()
        return self.scenario

    def _choose_payouts(self) -> dict[int, ExceptionKind]:
        """Choose the payouts with a fault: of each kind as many, at least one; the last has none."""
        each = max(round(self._payouts * _SHARE / len(OF_PAYOUTS)), 1)
        chosen = self._random.sample(range(self._payouts - 1), each * len(OF_PAYOUTS))
        return {number: OF_PAYOUTS[place % len(OF_PAYOUTS)] for place, number in enumerate(chosen)}

    def _make_payout(self, number: int, kind: ExceptionKind | None, before: Settlement | None) -> Settlement:
        paid_on = add_working_days(self._first, number // _A_DAY)
        lines: list[SettlementLine] = []
        if before is not None:
            lines.append(
                self._line(SettlementKind.PAYOUT_REVERSAL, before.amount, 0, source=before.provider_id)
            )
        is_foreign = kind is ExceptionKind.WRONG_CURRENCY
        self.scenario.sound |= {line.provider_id for line in lines if not is_foreign}
        while len(lines) < self._lines:
            lines += self._make_lines(paid_on, is_foreign=is_foreign, room=self._lines - len(lines))
        provider_id = f"po_{number:06}"
        short = self._random.randint(1, 500) if kind is ExceptionKind.PAYOUT_SHORT else 0
        settlement = Settlement(
            provider_id=provider_id,
            amount=sum(line.net for line in lines) - short,
            currency="EUR" if is_foreign else "GBP",
            is_reversed=kind is ExceptionKind.REVERSED,
            reference=f"SIM {number:06}XK{number % 7}",
            paid_at=_at(paid_on),
            arrival_on=add_working_days(paid_on, 2),
        )
        if kind is not None:
            self.scenario.fault(kind, provider_id)
        self.scenario.payouts.append((settlement, lines))
        self._show_at_bank(settlement, kind)
        return settlement

    def _make_lines(self, paid_on: date, *, is_foreign: bool, room: int) -> list[SettlementLine]:
        kind = self._random.choice(_OF_LINES) if self._random.random() < _SHARE and not is_foreign else None
        if kind is ExceptionKind.NOT_CAPTURED and self._random.random() < 0.5:
            lost = self._take(paid_on, -1)
            self.scenario.fault(kind, ids.show(lost.id))
            return []
        payment = self._take(paid_on, -8 if kind is ExceptionKind.LATE else -1, kind)
        line = self._pay(payment, currency="EUR" if is_foreign else "GBP")
        if kind is None or kind in {ExceptionKind.LATE, ExceptionKind.FEE_UNEXPECTED}:
            self.scenario.sound |= set() if is_foreign else {line.provider_id}
        if kind is ExceptionKind.CAPTURED_TWICE:
            return self._pay_twice(payment, line, room)
        changes = {
            ExceptionKind.AMOUNT_DIFFERS: {"amount": self._random.choice((-1, 1))},
            ExceptionKind.FEE_UNEXPECTED: {"fee": self._random.randint(1, 9)},
        }
        line = _change(line, **changes.get(kind, {})) if kind else line
        if kind:
            is_late = kind is ExceptionKind.LATE
            self.scenario.fault(kind, ids.show(payment.id) if is_late else line.provider_id)
        return [line]

    def _pay_twice(self, payment: Taken, line: SettlementLine, room: int) -> list[SettlementLine]:
        """Pay a payment a second time, if the payout has room for it."""
        self.scenario.sound.add(line.provider_id)
        if room == 1:
            return [line]
        again = self._pay(payment)
        self.scenario.fault(ExceptionKind.CAPTURED_TWICE, again.provider_id)
        return [line, again]

    def _take(self, paid_on: date, days: int, kind: ExceptionKind | None = None) -> Taken:
        """Take a payment, so many working days before it is paid out; of an unknown one nobody knows."""
        self._number += 1
        amount = self._random.randint(100, 50_000)
        is_captured = kind is not ExceptionKind.NOT_CAPTURED
        captured_on = add_working_days(paid_on, days) if is_captured else None
        payment = Taken(ids.new(), f"auth_{self._number:07}", amount, amount * 3 // 200 + 20, captured_on)
        if kind is not ExceptionKind.UNKNOWN_ID:
            self.scenario.payments.append(payment)
        return payment

    def _pay(self, payment: Taken, currency: str = "GBP") -> SettlementLine:
        return self._line(
            SettlementKind.PAYMENT,
            payment.amount,
            payment.fee,
            authorisation=payment.provider_id,
            currency=currency,
        )

    def _line(
        self,
        kind: SettlementKind,
        amount: int,
        fee: int,
        *,
        currency: str = "GBP",
        authorisation: str | None = None,
        source: str | None = None,
    ) -> SettlementLine:
        self._number += 1
        return SettlementLine(f"txn_{self._number:08}", kind, amount, fee, currency, authorisation, source)

    def _show_at_bank(self, settlement: Settlement, kind: ExceptionKind | None) -> None:
        """Write the bank's lines of a payout; of some it drops the reference, and equal amounts come by."""
        if kind in {ExceptionKind.BANK_MISSING, ExceptionKind.WRONG_CURRENCY}:
            return
        is_nameless = kind is None and self._random.random() < _NAMELESS
        text = "PAYMENT RECEIVED" if is_nameless else f"BGC {settlement.reference.replace(' ', '')} LTD"
        day, amount = settlement.arrival_on, settlement.amount
        payout = None if kind is ExceptionKind.BANK_TWICE else settlement.provider_id
        self.scenario.bank.append(BankLine(amount, day, text, payout))
        if kind is ExceptionKind.BANK_TWICE:
            self.scenario.bank.append(BankLine(amount, day, f"{text} AGAIN"))
        if kind is ExceptionKind.REVERSED:
            self.scenario.bank.append(BankLine(-amount, add_working_days(day, 1), text, payout))
        elif not is_nameless and self._random.random() < _NAMELESS:
            self.scenario.bank.append(BankLine(amount, day, "SAME AMOUNT BY CHANCE"))

    def _fill_bank(self) -> None:
        """Fill up with rents, whose references are of one fund, with strangers' money and with debits."""
        last = self._payouts // _A_DAY
        for number in range(BANK_LINES * self._payouts // PAYOUTS - len(self.scenario.bank)):
            day = add_working_days(self._first, self._random.randint(0, last))
            amount = self._random.randint(100, 90_000)
            body = f"00{self._random.randint(0, 99_999_999):08}"
            texts = (f"RENT {body}{_RENTS.compute(body)}", f"SMITH J {number} ELM", f"CHARGES {number}")
            place = number % 3
            self.scenario.bank.append(BankLine(-amount if place == 2 else amount, day, texts[place]))


def _change(line: SettlementLine, amount: int = 0, fee: int = 0) -> SettlementLine:
    return SettlementLine(
        line.provider_id, line.kind, line.amount + amount, line.fee + fee, line.currency, line.authorisation
    )


def _at(day: date) -> datetime:
    return datetime.combine(day, time(12), _LONDON)


def _write_camt053(number: int, opening: int, lines: list[BankLine]) -> bytes:
    days = [line.day for line in lines] or [date(2026, 1, 1)]
    closing = opening + sum(line.amount for line in lines)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(pence)}<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, pence, day in (("OPBD", opening, days[0]), ("CLBD", closing, days[-1] + timedelta(days=1)))
    )
    entries = "".join(
        f"<Ntry>{_money(line.amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.day}</Dt></BookgDt>"
        f"<NtryDtls><TxDtls><RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        for line in lines
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        f"<Id>B{number}</Id><Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id></Acct>{balances}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _money(pence: int) -> str:
    amount = f"{abs(pence) // 100}.{abs(pence) % 100:02}"
    return f'<Amt Ccy="GBP">{amount}</Amt><CdtDbtInd>{"CRDT" if pence >= 0 else "DBIT"}</CdtDbtInd>'
