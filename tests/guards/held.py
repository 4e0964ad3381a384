"""Reads source for code that waits while it holds a pooled connection; see ``test_connections_held.py``."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

SESSIONS = {"Session", "ReadSession", "Writing", "Reading"}
OPENING = {"writing", "reading"}
WAITING = {"asyncio", "httpx"}
THREADS = {"run_in_executor"}
LOCK = "asyncio.Lock"


@dataclass
class Function:
    """What an async function awaits, and what of that while it holds a connection."""

    name: str
    is_method: bool
    awaits: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)


def find_waits(sources: Mapping[str, str], routes: Iterable[str] = ()) -> dict[str, set[str]]:
    """What each function awaits that is no wait for the database, while it holds a connection.

    ``sources``: module to source. ``routes``: full names of functions that hold one by a dependency. Where a
    function that holds one itself waits, it is listed, and not who calls it.
    """
    trees = {module: ast.parse(source) for module, source in sources.items()}
    holders = SESSIONS | {name for tree in trees.values() for name in classes_with_session(tree)}
    found = [one for module, tree in trees.items() for one in read(module, tree, holders, set(routes))]
    waiting = reach_waits(found)
    listed = {
        one.name: {target for target in one.held if waits(target) or target in waiting} for one in found
    }
    blamed = {name for name, targets in listed.items() if targets}
    return {
        name: own
        for name, targets in listed.items()
        if (own := {target for target in targets if not blamed & waiting.get(target, set())})
    }


def classes_with_session(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(
            isinstance(one, ast.AnnAssign) and named(one.annotation) in SESSIONS for one in node.body
        ):
            yield node.name


def named(annotation: ast.expr | None) -> str:
    return annotation.id if isinstance(annotation, ast.Name) else ""


def read(module: str, tree: ast.Module, holders: set[str], routes: set[str]) -> Iterator[Function]:
    names = {name: target for node in ast.walk(tree) for name, target in imported(node)}
    names |= {node.name: f"{module}.{node.name}" for node in tree.body if hasattr(node, "name")}
    for owner, node in functions(tree):
        found = Function(".".join(filter(None, (module, owner, node.name))), bool(owner))
        known = {**names, "self": f"{module}.{owner}"}
        held = owner in holders or found.name in routes or takes(node, holders)
        for statement in node.body:
            walk(statement, found, known, holders, held=held)
        yield found


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((one.asname or one.name, one.name) for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, one) for one in node.body if isinstance(one, ast.AsyncFunctionDef))


def takes(node: ast.AsyncFunctionDef, holders: set[str]) -> bool:
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return any(named(one.annotation) in holders for one in every)


def walk(node: ast.AST, found: Function, names: Mapping[str, str], holders: set[str], *, held: bool) -> None:
    """Note what is awaited in a statement and below it; ``held``: whether a connection is held there."""
    if isinstance(node, ast.AsyncWith):
        for item in node.items:
            context = item.context_expr
            note(resolve(context.func, names) if isinstance(context, ast.Call) else LOCK, found, held=held)
            held = held or opens(context)
    elif isinstance(node, ast.AsyncFunctionDef):
        held = takes(node, holders)
    elif isinstance(node, ast.Await) and not is_mere_turn(node.value):
        called = node.value.func if isinstance(node.value, ast.Call) else node.value
        note(resolve(called, names), found, held=held)
    for child in ast.iter_child_nodes(node):
        walk(child, found, names, holders, held=held)


def note(target: str, found: Function, *, held: bool) -> None:
    found.awaits.add(target)
    if held:
        found.held.add(target)


def opens(context: ast.expr) -> bool:
    called = context.func if isinstance(context, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in OPENING


def is_mere_turn(awaited: ast.expr) -> bool:
    """``asyncio.sleep(0)`` lets others run, and waits for nothing."""
    return ast.unparse(awaited) == "asyncio.sleep(0)"


def resolve(called: ast.expr, names: Mapping[str, str]) -> str:
    """The full name of what is called; ``?.name`` for a method of some object."""
    parts: list[str] = []
    while isinstance(called, ast.Attribute):
        parts.insert(0, called.attr)
        called = called.value
    if isinstance(called, ast.Name) and called.id in names and (called.id != "self" or len(parts) == 1):
        return ".".join((names[called.id], *parts))
    return f"?.{parts[-1]}" if parts else "?"


def waits(target: str) -> bool:
    return target.split(".", maxsplit=1)[0] in WAITING or target.rpartition(".")[2] in THREADS


def reach_waits(found: Iterable[Function]) -> dict[str, set[str]]:
    """Targets that wait, each with the functions it may stand for."""
    every = list(found)
    waiting: dict[str, set[str]] = {}
    while True:
        more = [
            one
            for one in every
            if one.name not in waiting and any(waits(target) or target in waiting for target in one.awaits)
        ]
        if not more:
            return waiting
        for one in more:
            waiting[one.name] = {one.name}
            if one.is_method:
                waiting.setdefault(f"?.{one.name.rpartition('.')[2]}", set()).add(one.name)
