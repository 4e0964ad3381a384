"""A bank that writes statements in each format. Amounts are pence, credits positive."""

from xml.sax.saxutils import escape

from services.payments.tests.reconciliation.lines import Line

ACCOUNT = "20000012345678"
TYPES = {"camt053": "application/xml", "mt940": "text/x-mt940", "bai2": "application/x-bai2"}


def pounds(pence, point="."):
    return f"{abs(pence) // 100}{point}{abs(pence) % 100:02}"


def write_camt053(lines, *, opening=100_000, closing=None, number=1, version="08", account=ACCOUNT, **tags):
    """A statement in CAMT.053. ``tags`` replaces texts, to break it."""
    closing = opening + sum(line.amount for line in lines) if closing is None else closing
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"
    party = "<Pty><Nm>{}</Nm></Pty>" if version == "08" else "<Nm>{}</Nm>"
    entries = "".join(
        f"""
<Ntry><Amt Ccy="GBP">{pounds(line.amount)}</Amt><CdtDbtInd>{sign(line.amount)}</CdtDbtInd>{status}
<BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.day}</Dt></ValDt>
<NtryDtls><TxDtls><Refs><EndToEndId>{escape(line.reference or "NOTPROVIDED")}</EndToEndId></Refs>
<RltdPties><Dbtr>{party.format(escape(line.name))}</Dbtr></RltdPties>
<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""
        for line in lines
    )
    balances = "".join(
        f"""
<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{pounds(amount)}</Amt>
<CdtDbtInd>{sign(amount)}</CdtDbtInd><Dt><Dt>2026-04-0{day}</Dt></Dt></Bal>"""
        for code, amount, day in (("OPBD", opening, 1), ("CLBD", closing, 2))
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M{number}</MsgId></GrpHdr><Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>
<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>GBP</Ccy></Acct>{balances}
<TxsSummry><TtlNtries><NbOfNtries>{len(lines)}</NbOfNtries></TtlNtries></TxsSummry>{entries}
</Stmt></BkToCstmrStmt></Document>"""
    return replace(text, tags)


def write_mt940(lines, *, opening=100_000, closing=None, number=1, account=ACCOUNT, **tags):
    closing = opening + sum(line.amount for line in lines) if closing is None else closing
    entries = "".join(
        f":61:{short(line.day)}{line.day[5:7]}{line.day[8:]}{'C' if line.amount > 0 else 'D'}"
        f"{pounds(line.amount, ',')}NTRF{(line.reference or 'NONREF')[:16]}//B{n}\n"
        f":86:{line.text} {line.name}\n"
        for n, line in enumerate(lines)
    )
    text = (
        f":20:STARTUMS\n:25:{account}\n:28C:{number}/1\n:60F:{balance(opening, '260401')}\n{entries}"
        f":62F:{balance(closing, '260402')}\n-\n"
    )
    return replace(text, tags)


def write_bai2(lines, *, opening=100_000, closing=None, number=1, account=ACCOUNT, **tags):
    closing = opening + sum(line.amount for line in lines) if closing is None else closing
    total = opening + closing + sum(abs(line.amount) for line in lines)
    day = short(lines[0].day) if lines else "260402"
    entries = "".join(
        f"16,{195 if line.amount > 0 else 495},{abs(line.amount)},,B{n},"
        f"{line.reference},{line.text} {line.name}/\n"
        for n, line in enumerate(lines)
    )
    n = len(lines)
    text = (
        f"01,BANK,COUNCIL,260402,0600,{number},,,2/\n02,COUNCIL,BANK,1,{day},,GBP,2/\n"
        f"03,{account},GBP,010,{opening},,,015,{closing},,/\n{entries}49,{total},{n + 2}/\n"
        f"98,{total},1,{n + 4}/\n99,{total},1,{n + 6}/\n"
    )
    return replace(text, tags)


WRITERS = {"camt053": write_camt053, "mt940": write_mt940, "bai2": write_bai2}


def replace(text, tags):
    for old, new in tags.get("replace", {}).items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def sign(amount):
    return "CRDT" if amount >= 0 else "DBIT"


def short(day):
    return day[2:].replace("-", "")


def balance(amount, day):
    return f"{'C' if amount >= 0 else 'D'}{day}GBP{pounds(amount, ',')}"


class Bank:
    """Loads statements by the API."""

    def __init__(self, client, headers, council="citytown"):
        self.client, self.headers, self.council = client, headers, council
        self.base = f"/{council}/payments/finance/v1"

    async def open_account(self, identification=ACCOUNT, **members):
        body = {"name": "Main", "identification": identification, **members}
        return await self.client.post(f"{self.base}/bank-accounts", json=body, headers=self.headers)

    async def load(self, lines, kind="camt053", **members):
        return await self.send(WRITERS[kind](lines, **members), kind)

    async def send(self, content, kind="camt053"):
        headers = {**self.headers, "Content-Type": TYPES[kind]}
        return await self.client.post(f"{self.base}/statements", content=content, headers=headers)

    async def get(self, path, **query):
        return await self.client.get(f"{self.base}/{path}", params=query, headers=self.headers)


__all__ = ["ACCOUNT", "WRITERS", "Bank", "Line"]
