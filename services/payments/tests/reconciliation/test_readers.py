"""Readers of statements: what each format says, and what is refused with its line and field."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.bank_files.rules import bai2_file, camt053, mt940_file
from payments.bank_files.rules.statements import FileFaultError, check_statements
from services.payments.tests.reconciliation.bank import (
    ACCOUNT,
    WRITERS,
    Line,
    write_bai2,
    write_camt053,
    write_mt940,
)

READERS = {"camt053": camt053.read, "mt940": mt940_file.read, "bai2": bai2_file.read}
DAY = "2026-04-02"
LINES = [
    Line(11_709, "SIM PAYOUT", "SIM ABC123", day=DAY),
    Line(-1_058, "CHARGEBACK", day=DAY),
    Line(12_000, "SMITH J 23 ELM", "800123459", day=DAY),
]


def read(kind, content):
    statements = READERS[kind](content)
    check_statements(statements)
    return statements


@pytest.mark.parametrize("kind", READERS)
def test_a_statement_is_read_to_the_penny_in_every_format(kind):
    (statement,) = read(kind, WRITERS[kind](LINES))
    assert (statement.account, statement.opening, statement.closing) == (ACCOUNT, 100_000, 122_651)
    assert [line.amount for line in statement.lines] == [11_709, -1_058, 12_000]
    assert [line.reference for line in statement.lines] == ["SIM ABC123", "", "800123459"]
    assert {line.booked_on.isoformat() for line in statement.lines} == {"2026-04-02"}
    assert all("SMITH J" in line.text for line in statement.lines)
    assert [line.file_line for line in statement.lines] == sorted(
        {line.file_line for line in statement.lines}
    )


def test_both_versions_of_camt_053_say_the_same():
    (old,), (new,) = (read("camt053", write_camt053(LINES, version=version)) for version in ("02", "08"))
    assert old.digest == new.digest


@given(
    st.sampled_from(sorted(READERS)),
    st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=8),
    st.integers(0, 10**9),
    st.integers(-3, 3).filter(bool),
)
@settings(max_examples=25, deadline=None)
def test_a_closing_balance_that_is_a_penny_off_is_refused(kind, amounts, opening, off):
    lines = [Line(amount) for amount in amounts]
    closing = opening + sum(amounts)
    if kind == "bai2" and closing + off < 0:
        return
    (statement,) = read(kind, WRITERS[kind](lines, opening=opening))
    assert [line.amount for line in statement.lines] == amounts
    with pytest.raises(FileFaultError, match="closing balance"):
        read(kind, WRITERS[kind](lines, opening=opening, closing=closing + off))


BROKEN = [
    ("camt053", {'<Amt Ccy="GBP">117.09': '<Amt Ccy="EUR">117.09'}, "Ntry/Amt/@Ccy", 10),
    ("camt053", {"117.09</Amt>": "-117.09</Amt>"}, "Ntry/Amt", 10),
    ("camt053", {"117.09</Amt>": "117.095</Amt>"}, "Ntry/Amt", 10),
    ("camt053", {"<Cd>BOOK</Cd>": "<Cd>????</Cd>"}, "Ntry/Sts", 10),
    ("camt053", {"<NbOfNtries>3": "<NbOfNtries>4"}, "TxsSummry/TtlNtries/NbOfNtries", 9),
    ("camt053", {"<BookgDt><Dt>2026-04-02": "<BookgDt><Dt>2026-13-02"}, "Ntry/BookgDt", 10),
    ("camt053", {"<Cd>OPBD</Cd>": "<Cd>XPBD</Cd>"}, "Stmt/Bal", 3),
    ("camt053", {"</Stmt>": "</Smt>"}, "document", 25),
    ("camt053", {"camt.053.001.08": "pain.001.001.09"}, "Document", 2),
    ("mt940", {"C117,09": "X117,09"}, ":61:", 5),
    ("mt940", {"C117,09": "C117,091"}, ":61: amount", 5),
    ("mt940", {":60F:C260401GBP": ":60F:C260401EUR"}, "opening balance", 1),
    ("mt940", {":62F:": ":99Z:"}, ":62F:", 1),
    ("mt940", {":25:": ":26:"}, ":25:", 1),
    ("bai2", {"16,195,11709": "16,195,11710"}, "trailer", 7),
    ("bai2", {"16,195,11709": "16,195,abc"}, "record", 4),
    ("bai2", {"16,195": "17,195"}, "record", 4),
    ("bai2", {"GBP,010": "USD,010"}, "currency", 3),
    ("bai2", {",010,": ",012,"}, "type code 010", 3),
    ("bai2", {"/\n99,": "/\n97,"}, "record", 9),
]


@pytest.mark.parametrize(("kind", "change", "field", "line"), BROKEN)
def test_a_broken_line_is_named_with_its_field(kind, change, field, line):
    with pytest.raises(FileFaultError) as fault:
        read(kind, WRITERS[kind](LINES, replace=change))
    assert (fault.value.field, fault.value.line) == (field, line), str(fault.value)


BOMB = """<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = """<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>"""


@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE, '<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd">'])
def test_entities_and_document_types_are_refused(prolog):
    content = write_camt053(LINES, replace={"<Document": f"{prolog}<Document"})
    with pytest.raises(FileFaultError, match="document has a document type"):
        camt053.read(content)


@pytest.mark.parametrize(
    "inside", ["<a>" * 5_000, f"<Nm>{'x' * 5_000}</Nm>", "".join(f"<m{n}>x</m{n}>" for n in range(2_000))]
)
def test_deep_long_and_many_membered_entries_are_refused(inside):
    content = write_camt053(LINES, replace={"<Ntry>": f"<Ntry>{inside}"})
    with pytest.raises(FileFaultError):
        camt053.read(content)


@pytest.mark.parametrize("kind", READERS)
@given(st.binary(max_size=300))
@settings(max_examples=25, deadline=None)
def test_any_bytes_are_a_fault_and_never_an_error(kind, content):
    with pytest.raises(FileFaultError):
        read(kind, content)


@pytest.mark.parametrize("kind", READERS)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_damaged_file_is_a_fault_or_is_read(kind, data):
    content = WRITERS[kind](LINES)
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = (
        content[:place] + data.draw(st.binary(max_size=4)) + content[place + data.draw(st.integers(0, 9)) :]
    )
    try:
        statements = read(kind, damaged)
    except FileFaultError:
        return
    assert statements


def test_a_path_is_text_and_no_file_that_is_read():
    with pytest.raises(FileFaultError):
        mt940_file.read(__file__.encode())


def test_reversed_entries_of_mt940_have_the_other_sign():
    content = write_mt940(
        [Line(500, day=DAY), Line(-500, day=DAY)],
        replace={"0402C5,00": "0402RD5,00", "0402D5,00": "0402RC5,00"},
    )
    assert [line.amount for line in mt940_file.read(content)[0].lines] == [500, -500]


def test_a_card_number_in_a_transfers_text_is_not_kept():
    (statement,) = bai2_file.read(write_bai2([Line(500, "CARD 4242424242424242 THANKS")]))
    assert "4242" not in statement.lines[0].text
    assert statement.lines[0].text.startswith("CARD ")
