"""CAMT.053 statements, versions .02 and .08 (ISO 20022), read as a stream.

A document type declaration is refused, and with it every entity. The parser's memory is that of one entry.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from payments.bank_files.rules import statements as bank_files
from payments.bank_files.rules.statements import FileFaultError, Statement, StatementLine

_DOCUMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(02|08)\}Document")
_MAX_DEPTH = 30
_MAX_MEMBERS = 500  # of an entry or balance
_MAX_LENGTH = 2_000  # of a text
_CHUNK = 65_536
_RECORDS = {"Ntry", "Bal", "Acct", "TxsSummry"}
_STATEMENT = ["Document", "BkToCstmrStmt", "Stmt"]
_NAMES = ("Dbtr/Nm", "Dbtr/Pty/Nm", "Cdtr/Nm", "Cdtr/Pty/Nm")
Members = dict[str, list[str]]


def read(content: bytes) -> list[Statement]:
    """Read the statements of a file. Raises FileFaultError."""
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.expat = parser.parser
    try:
        for start in range(0, len(content), _CHUNK):
            parser.feed(content[start : start + _CHUNK])
        parser.close()
    except DefusedXmlException:
        raise FileFaultError(builder.line, "document", "has a document type or entities") from None
    except LookupError:  # Python does not know the encoding that it names
        raise FileFaultError(1, "document", "names an unknown encoding") from None
    except ParseError as error:
        raise FileFaultError(error.position[0], "document", "is no well-formed XML") from None
    return builder.statements


class _Builder:
    """Gets the parser's events and makes statements of them."""

    def __init__(self) -> None:
        self.expat: Any = None
        self.statements: list[Statement] = []
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._record: Members | None = None
        self._record_line = self._depth = self._length = 0
        self._header: Members = {}
        self._draft = _Draft(0)

    @property
    def line(self) -> int:
        """Return the line of the file that is read."""
        return int(self.expat.CurrentLineNumber)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if not self._path and not _DOCUMENT.fullmatch(tag):
            raise FileFaultError(self.line, "Document", "is not of camt.053.001.02 or camt.053.001.08")
        name = tag.rpartition("}")[2]
        self._path.append(name)
        self._texts.append([])
        self._length = 0
        if len(self._path) > _MAX_DEPTH:
            raise FileFaultError(self.line, name[:40], "lies too deep")
        if self._path == _STATEMENT:
            self._draft, self._header = _Draft(self.line), {}
        elif self._record is None and name in _RECORDS and self._path[:-1] == _STATEMENT:
            self._record, self._record_line, self._depth = {}, self.line, len(self._path)
        if self._record is not None and "Ccy" in attributes:
            self._add("/".join([*self._path[self._depth :], "@Ccy"]), attributes["Ccy"])

    def data(self, text: str) -> None:
        """Take text of the element that is open."""
        if self._texts:
            self._texts[-1].append(text)
            self._length += len(text)
            if self._length > _MAX_LENGTH:
                raise FileFaultError(self.line, self._path[-1][:40], "is too long")

    def end(self, _: str) -> None:
        """End an element."""
        text = "".join(self._texts.pop()).strip()
        self._length = 0
        path, name = self._path, self._path[-1]
        if self._record is not None:
            if text:
                self._add("/".join(path[self._depth :]), text)
            if len(path) == self._depth:
                self._draft.add(name, self._record, self._record_line)
                self._record = None
        elif path[:-1] == _STATEMENT and text:
            self._header.setdefault(name, []).append(text)
        elif path == _STATEMENT:
            self.statements.append(self._draft.finish(self._header))
        path.pop()

    def close(self) -> None:
        """End the document."""

    def _add(self, path: str, text: str) -> None:
        if self._record is not None:
            if len(self._record) > _MAX_MEMBERS:
                raise FileFaultError(self.line, path[:40], "is one member too many")
            self._record.setdefault(path, []).append(text)


class _Draft:
    """A statement whose end is not read yet."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._account = ""
        self._balances: dict[str, tuple[int, str]] = {}
        self._lines: list[StatementLine] = []
        self._summary: tuple[Members, int] | None = None
        self._count = self._sum = 0

    def add(self, name: str, members: Members, line: int) -> None:
        """Add a record of the statement."""
        if name == "Acct":
            account = _first(members, "Id/IBAN", "Id/Othr/Id")
            self._account = bank_files.read_account(account, line, "Acct/Id")
        elif name == "Bal":
            code = _first(members, "Tp/CdOrPrtry/Cd")
            self._balances[code] = (_amount(members, line, "Bal"), _first(members, "Dt/Dt", "Dt/DtTm"))
        elif name == "TxsSummry":
            self._summary = (members, line)
        else:
            self._add_entry(members, line)

    def _add_entry(self, members: Members, line: int) -> None:
        amount = _amount(members, line, "Ntry")
        self._count, self._sum = self._count + 1, self._sum + abs(amount)
        status = _first(members, "Sts/Cd", "Sts")
        if status not in {"BOOK", "PDNG", "INFO", "FUTR"}:
            raise FileFaultError(line, "Ntry/Sts", "is no status of an entry")
        if status != "BOOK":
            return
        booked = bank_files.read_date(_first(members, "BookgDt/Dt", "BookgDt/DtTm"), line, "Ntry/BookgDt")
        value = _first(members, "ValDt/Dt", "ValDt/DtTm")
        ends = [*_all(members, "Refs/EndToEndId"), *_all(members, "CdtrRefInf/Ref")]
        reference = next((end for end in ends if end != "NOTPROVIDED"), "")
        names = (name for path in _NAMES for name in _all(members, path))
        texts = (*_all(members, "RmtInf/Ustrd"), *names, _first(members, "AddtlNtryInf"))
        self._lines.append(
            StatementLine(
                file_line=line,
                amount=amount,
                booked_on=booked,
                value_on=bank_files.read_date(value, line, "Ntry/ValDt") if value else booked,
                reference=bank_files.clean_text(reference or _first(members, "NtryRef")),
                text=bank_files.clean_text(*texts),
            )
        )

    def finish(self, header: Members) -> Statement:
        """Make the statement of what was read. Raises FileFaultError."""
        opening = self._balances.get("OPBD") or self._balances.get("PRCD")
        closing = self._balances.get("CLBD")
        identity = _first(header, "Id")
        for field, value in (("Id", identity), ("Acct", self._account)):
            if not value:
                raise FileFaultError(self._line, f"Stmt/{field}", "is missing")
        if opening is None or closing is None:
            raise FileFaultError(self._line, "Stmt/Bal", "OPBD or CLBD is missing")
        self._check_summary()
        parts = (identity, _first(header, "ElctrncSeqNb"))
        return Statement(
            file_line=self._line,
            account=self._account,
            identity=bank_files.clean_text(*parts)[:100],
            from_date=bank_files.read_date(opening[1], self._line, "Bal OPBD/Dt"),
            to_date=bank_files.read_date(closing[1], self._line, "Bal CLBD/Dt"),
            opening=opening[0],
            closing=closing[0],
            lines=self._lines,
        )

    def _check_summary(self) -> None:
        """Check the entries against the bank's own count and sum, where it gives them."""
        if self._summary is None:
            return
        members, line = self._summary
        count, total = _first(members, "TtlNtries/NbOfNtries"), _first(members, "TtlNtries/Sum")
        if count and count != str(self._count):
            raise FileFaultError(line, "TxsSummry/TtlNtries/NbOfNtries", f"is not the {self._count} entries")
        if total and bank_files.read_pence(total, line, "TxsSummry/TtlNtries/Sum") != self._sum:
            raise FileFaultError(
                line, "TxsSummry/TtlNtries/Sum", f"is not the {self._sum} pence of the entries"
            )


def _amount(members: Members, line: int, record: str) -> int:
    """Read an amount: never negative, the indicator is the sign."""
    bank_files.check_currency(_first(members, "Amt/@Ccy"), line, f"{record}/Amt/@Ccy")
    pence = bank_files.read_pence(_first(members, "Amt"), line, f"{record}/Amt")
    signs = {"CRDT": 1, "DBIT": -1}
    if (sign := signs.get(_first(members, "CdtDbtInd"))) is None:
        raise FileFaultError(line, f"{record}/CdtDbtInd", "is neither CRDT nor DBIT")
    return sign * pence


def _first(members: Members, *paths: str) -> str:
    return next((members[path][0] for path in paths if path in members), "")


def _all(members: Members, ending: str) -> Iterator[str]:
    """Give the texts of all members whose path ends so."""
    for path, texts in members.items():
        if path.endswith(ending) and (path == ending or path[-len(ending) - 1] == "/"):
            yield from texts
