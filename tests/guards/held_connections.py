"""Finds code that waits while it holds a pooled connection; see ``test_held_connections.py``.

The source is read, not run. A function holds a connection if it takes a session, and so does a block of
``async with database.writing()`` or ``.reading()``, and a method of a class with a session in it. Calls are
followed by imports and by the annotated types of parameters and fields; a method of an object of unknown
type stands for every method of that name.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

SESSIONS = {"Session", "ReadSession", "Writing", "Reading"}
OPENING = {"writing", "reading"}
WAITING = {"asyncio", "httpx"}
"""Libraries whose awaitables wait for something else than the database."""
CALLS = "chassis.outbound."
"""What calls other servers."""
THREADS = {"run_in_executor"}
LOCK = "asyncio.Lock"


@dataclass
class Function:
    """What an async function awaits, and what of it while it holds a connection."""

    name: str
    is_method: bool
    awaits: set[str] = field(default_factory=set)
    awaits_connected: set[str] = field(default_factory=set)


@dataclass
class Types:
    """A service's types by full names: the fields of classes, and ``X = Annotated[Type, ...]``."""

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def real(self, name: str) -> str:
        """The class that a name stands for; empty when it is none of the service's."""
        name = self.aliases.get(name, name)
        return name if name in self.fields else ""


@dataclass
class Scope:
    """Where a call stands: the names of its module, the types of its function's parameters."""

    names: Mapping[str, str]
    parameters: Mapping[str, str]
    types: Types

    def type_of(self, value: ast.expr) -> str:
        """The class of an expression; empty when it is not known."""
        if isinstance(value, ast.Name):
            return self.parameters.get(value.id, "")
        if isinstance(value, ast.Attribute) and (owner := self.type_of(value.value)):
            return self.types.fields[owner].get(value.attr, "")
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return self.types.real(self.names.get(value.func.id, ""))
        return ""

    def resolve(self, called: ast.expr) -> str:
        """The full name of what is called; ``?.name`` for a method of an object of unknown type."""
        if isinstance(called, ast.Name):
            return "?" if called.id in self.parameters else self.names.get(called.id, "?")
        if not isinstance(called, ast.Attribute):
            return "?"
        if owner := self.type_of(called.value):
            return f"{owner}.{called.attr}"
        base = called.value
        if isinstance(base, ast.Name) and base.id in self.names and base.id not in self.parameters:
            return f"{self.names[base.id]}.{called.attr}"
        return f"?.{called.attr}"


def find_waits(sources: Mapping[str, str], routes: Iterable[str] = ()) -> dict[str, set[str]]:
    """Map each function to what it waits for while it holds a connection, the database apart.

    ``sources``: module to source. ``routes``: full names of functions that hold a connection by a dependency.
    A function that calls one which holds a connection itself is not listed for it.
    """
    trees = {module: ast.parse(source) for module, source in sources.items()}
    names = follow_exports({module: read_names(module, tree) for module, tree in trees.items()})
    types = read_types(trees, names)
    holders = SESSIONS | {name for tree in trees.values() for name in classes_with_session(tree)}
    routes = set(routes)
    functions = [
        function
        for module, tree in trees.items()
        for function in read(module, tree, names[module], types, holders, routes)
    ]
    waiting = reach_waits(functions)
    waits = {
        function.name: {
            target for target in function.awaits_connected if is_wait(target) or target in waiting
        }
        for function in functions
    }
    blamed = {name for name, targets in waits.items() if targets}
    first = {
        name: {target for target in targets if not blamed & waiting.get(target, set())}
        for name, targets in waits.items()
    }
    return {name: targets for name, targets in first.items() if targets}


def read_names(module: str, tree: ast.Module) -> dict[str, str]:
    """The names of a module and the full names they stand for."""
    definitions = {node.name: f"{module}.{node.name}" for node in tree.body if hasattr(node, "name")}
    definitions |= {alias: f"{module}.{alias}" for alias, _ in read_aliases(tree)}
    return {name: target for node in ast.walk(tree) for name, target in read_imports(node)} | definitions


def follow_exports(names: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The names of modules, where what a package passes on has the name of the module that defines it."""

    def follow(target: str) -> str:
        module, _, name = target.rpartition(".")
        return names.get(module, {}).get(name, target)

    return {module: {name: follow(target) for name, target in of.items()} for module, of in names.items()}


def read_imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def read_aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """``X = Annotated[Type, ...]`` of a module: X and Type."""
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Subscript) and name_of(value.value) == "Annotated":
            inner = value.slice.elts[0] if isinstance(value.slice, ast.Tuple) else value.slice
            yield name_of(node.targets[0]), name_of(inner)


def read_types(trees: Mapping[str, ast.Module], names: Mapping[str, Mapping[str, str]]) -> Types:
    types = Types()
    classes = [
        (module, node)
        for module, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    ]
    types.fields = {f"{module}.{node.name}": {} for module, node in classes}
    for module, tree in trees.items():
        for alias, target in read_aliases(tree):
            types.aliases[f"{module}.{alias}"] = names[module].get(target, "")
    for module, node in classes:
        owners = {name: types.real(names[module].get(target, "")) for name, target in read_fields(node)}
        types.fields[f"{module}.{node.name}"] = {name: owner for name, owner in owners.items() if owner}
    return types


def read_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Fields of a class with the names of their types: declared, or set from a call of the class."""
    for child in ast.walk(node):
        if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            yield child.target.id, name_of(child.annotation)
        elif isinstance(child, ast.Assign) and isinstance(child.value, ast.Call):
            target = child.targets[0]
            if isinstance(target, ast.Attribute) and name_of(target.value) == "self":
                yield target.attr, name_of(child.value.func)


def classes_with_session(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(
            isinstance(statement, ast.AnnAssign) and name_of(statement.annotation) in SESSIONS
            for statement in node.body
        ):
            yield node.name


def name_of(expression: ast.expr | None) -> str:
    return expression.id if isinstance(expression, ast.Name) else ""


def read(
    module: str,
    tree: ast.Module,
    names: Mapping[str, str],
    types: Types,
    holders: set[str],
    routes: set[str],
) -> Iterator[Function]:
    for owner, node in list_functions(tree):
        function = Function(".".join(filter(None, (module, owner, node.name))), bool(owner))
        parameters = {
            parameter.arg: types.real(names.get(name_of(parameter.annotation), ""))
            for parameter in list_parameters(node)
        }
        parameters |= {
            part.target.id: types.real(names.get(name_of(part.annotation), ""))
            for part in ast.walk(node)
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        }
        if owner:
            parameters["self"] = f"{module}.{owner}"
        holds_connection = owner in holders or function.name in routes or takes_session(node, holders)
        for statement in node.body:
            walk(
                statement,
                function,
                Scope(names, parameters, types),
                holders,
                holds_connection=holds_connection,
            )
        yield function


def list_functions(tree: ast.Module) -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, child) for child in node.body if isinstance(child, ast.AsyncFunctionDef))


def list_parameters(node: ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def takes_session(node: ast.AsyncFunctionDef, holders: set[str]) -> bool:
    return any(name_of(parameter.annotation) in holders for parameter in list_parameters(node))


def walk(
    node: ast.AST, function: Function, scope: Scope, holders: set[str], *, holds_connection: bool
) -> None:
    """Note what a node awaits; ``holds_connection``: whether a connection is held there."""
    if isinstance(node, ast.AsyncWith):
        for item in node.items:
            context = item.context_expr
            note(
                scope.resolve(context.func) if isinstance(context, ast.Call) else LOCK,
                function,
                holds_connection=holds_connection,
            )
            holds_connection = holds_connection or opens_session(context)
    elif isinstance(node, ast.AsyncFunctionDef):
        holds_connection = takes_session(node, holders)
    elif isinstance(node, ast.Await) and not is_yield(node.value):
        called = node.value.func if isinstance(node.value, ast.Call) else node.value
        note(scope.resolve(called), function, holds_connection=holds_connection)
    for child in ast.iter_child_nodes(node):
        walk(child, function, scope, holders, holds_connection=holds_connection)


def note(target: str, function: Function, *, holds_connection: bool) -> None:
    function.awaits.add(target)
    if holds_connection:
        function.awaits_connected.add(target)


def opens_session(context: ast.expr) -> bool:
    called = context.func if isinstance(context, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in OPENING


def is_yield(awaited: ast.expr) -> bool:
    """``asyncio.sleep(0)`` lets other tasks run; it waits for nothing."""
    return ast.unparse(awaited) == "asyncio.sleep(0)"


def is_wait(target: str) -> bool:
    library, _, _ = target.partition(".")
    return library in WAITING or target.startswith(CALLS) or target.rpartition(".")[2] in THREADS


def reach_waits(functions: Iterable[Function]) -> dict[str, set[str]]:
    """Targets that wait in the end, each with the functions it may stand for."""
    all_functions = list(functions)
    waiting: dict[str, set[str]] = {}
    while True:
        more = [
            function
            for function in all_functions
            if function.name not in waiting
            and any(is_wait(target) or target in waiting for target in function.awaits)
        ]
        if not more:
            return waiting
        for function in more:
            waiting[function.name] = {function.name}
            if function.is_method:
                method = function.name.rsplit(".", 1)[-1]
                waiting.setdefault(f"?.{method}", set()).add(function.name)
