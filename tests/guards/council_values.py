"""Find what is made of a council, and statements that change one.

A merge of councils could not take back the first. Only the merge itself may do the second: triggers no longer
refuse it, so that records can go with what they are about.
"""

import ast
import re

# Functions whose result outlives the row or the process they are called for.
DERIVATION = re.compile(
    r"^(hmac|digest|new|sha\d+|md5|blake2[bs]|uuid[35]|encrypt|decrypt|urlsafe_b64encode|b64encode|HKDF)$"
    r"|^_?(derive|compute|hash|seal|sign(?!_in)|encode|fingerprint)(_|$)"
)
COUNCIL = re.compile(r"(^|_)(council|slug)s?(_|$)")
SQL_VALUE = re.compile(
    r"\b(md5|sha\d+|digest|hmac|hashtext\w*|concat\w*)\s*\([^()]*\bcouncil\b", re.IGNORECASE
)
SQL_REKEYING = re.compile(
    r"\bUPDATE\s+\w+(\s+\w+)?\s+SET\s((?!\bFROM\b|\bWHERE\b).)*?(?<![\w.])council\s*=",
    re.IGNORECASE | re.DOTALL,
)


def find_derived(source):
    """List the values that derive from a council in a module: (what, text of it)."""
    tree = ast.parse(source)
    paths = {id(part) for node in ast.walk(tree) for part in _list_url_paths(node)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _find_in_call(node)
        elif isinstance(node, ast.JoinedStr) and id(node) not in paths and _is_value(node):
            yield "text", ast.unparse(node)
        elif isinstance(node, ast.ClassDef) and any(_name(base).startswith("Event") for base in node.bases):
            fields = (part.target for part in node.body if isinstance(part, ast.AnnAssign))
            yield from (("event", f"{node.name}.{field.id}") for field in fields if COUNCIL.search(field.id))
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in parts:
            sql = _read_sql(node)
            yield from (("SQL", match[0]) for match in SQL_VALUE.finditer(sql))
            yield from (("rekeying", match[0]) for match in SQL_REKEYING.finditer(sql))


def _find_in_call(call):
    """List what a call makes of a council: a derived value, or the cursor of a page."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if DERIVATION.search(_name(call.func)) and any(map(_mentions, arguments)):
        yield "derivation", ast.unparse(call)
    elif _name(call.func) == "values" and ast.unparse(call).startswith("update("):
        yield from (("rekeying", ast.unparse(call)) for keyword in call.keywords if keyword.arg == "council")
    elif _name(call.func) == "page" and call.args and _mentions(call.args[-1]):
        yield "cursor", ast.unparse(call.args[-1])


def _read_sql(node):
    """Read a text as SQL; one that takes an advisory lock, which ends with its transaction, is empty."""
    pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
    sql = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "_" for piece in pieces)
    return "" if "advisory" in sql else sql


def _name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _mentions(node):
    return any(COUNCIL.search(_name(part)) for part in ast.walk(node))


def _list_url_paths(node):
    """The texts that are the ``prefix`` of a router, whose ``{council}`` is a parameter."""
    if isinstance(node, ast.keyword) and node.arg == "prefix":
        yield node.value


def _is_value(node):
    """Whether a text has a council in it, and is neither a URL's path nor a sentence for people."""
    if not any(isinstance(part, ast.FormattedValue) and _mentions(part) for part in node.values):
        return False
    words = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return not (words.startswith("/") or re.search(r"\w{2,} \w+ ", words))
