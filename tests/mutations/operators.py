"""Small wrongs done to code, made from its syntax tree: a term dropped, a sign flipped, a bound loosened.

Words (docstrings, messages, annotations) and what is raised or asserted stay as they are. A name in capitals that is
added or compared with is a tolerance: what happens on its very edge is no rule of ours.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple


class Mutant(NamedTuple):
    """``old`` in a function of a module is replaced by ``new``; ``text`` is the module then."""

    file: str
    line: int
    column: int
    function: str
    old: str
    new: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, wherever in the file it stands."""
        return self.file, self.function, f"{self.old} -> {self.new}"


_SIGNS: dict[type[ast.operator], ast.operator] = {ast.Add: ast.Sub(), ast.Sub: ast.Add()}
_SETS: dict[type[ast.operator], ast.operator] = {ast.BitAnd: ast.BitOr(), ast.BitOr: ast.BitAnd()}
_NEIGHBOURS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}
_TURNED: dict[type[ast.cmpop], ast.cmpop] = {ast.Lt: ast.Gt(), ast.LtE: ast.GtE(), ast.Gt: ast.Lt(), ast.GtE: ast.LtE()}
_ORDERED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "argmin": "argmax"}
_ORDERED |= {"argmax": "argmin"}
_TABLES = {"OF_A_PERIOD", "AT_THE_END", "ACCOUNTS", "KEYS"}
_UNDECLARED = ast.parse("lambda rule: rule", mode="eval").body  # a rule of which the program knows nothing
_NONE = ast.Starred(ast.Tuple([], ast.Load()), ast.Load())  # no row in the place of one
_NOT_ADDED = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr, ast.Dict)


def _tolerance(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and (node.id.isupper() or node.id == "tolerance")


def _constant(value: float) -> ast.expr:
    return ast.Constant(value)


def _binary(node: ast.BinOp) -> Iterator[ast.expr]:
    left, op, right = node.left, node.op, node.right
    if type(op) in _SIGNS and not _tolerance(right):
        minus = isinstance(op, ast.Sub)
        yield left
        yield ast.UnaryOp(ast.USub(), right) if minus else right
        if not isinstance(left, _NOT_ADDED) and not isinstance(right, _NOT_ADDED):
            yield ast.BinOp(left, _SIGNS[type(op)], right)
    elif type(op) in _SETS:
        yield left
        yield right
        yield ast.BinOp(left, _SETS[type(op)], right)
    elif isinstance(op, ast.Mult):
        yield left
        yield right
    elif isinstance(op, ast.Div):
        yield left
    elif isinstance(op, ast.MatMult):
        yield ast.Call(ast.Attribute(left, "sum", ast.Load()), [], [])


def _comparison(node: ast.Compare, rule: bool) -> Iterator[ast.expr]:
    if len(node.ops) > 1:
        return
    left, op, right = node.left, node.ops[0], node.comparators[0]
    if rule:  # a row of a program: the other way round, an equation one way only, or loosened
        turned: list[ast.cmpop] = [ast.LtE(), ast.GtE()] if isinstance(op, ast.Eq) else [_TURNED[type(op)]]
        yield from (ast.Compare(left, [one], [right]) for one in turned)
        if isinstance(right, ast.Constant):
            yield ast.Compare(left, [op], [_constant(right.value + 1.0)])
        else:
            factor = _constant(0.5 if isinstance(op, ast.GtE) else 2.0)
            yield ast.Compare(left, [op], [ast.BinOp(factor, ast.Mult(), right)])
        return
    edge = any(_tolerance(one) for side in (left, right) for one in ast.walk(side) if isinstance(one, ast.expr))
    if type(op) in _TURNED:
        yield ast.Compare(left, [_TURNED[type(op)]], [right])
    if type(op) not in _TURNED or not edge:
        yield ast.Compare(left, [_NEIGHBOURS[type(op)]], [right])


def _index(node: ast.Subscript) -> Iterator[ast.expr]:
    value, at = node.value, node.slice
    if isinstance(value, ast.Attribute) and value.attr.startswith("previous"):
        yield at
    elif isinstance(at, ast.Slice) and at.step is None:
        for bound in ("lower", "upper"):
            if getattr(at, bound) is not None:
                open_ended = ast.Slice(*(None if side == bound else getattr(at, side) for side in ("lower", "upper")))
                yield ast.Subscript(value, open_ended, node.ctx)
    elif (number := _whole(at)) is not None:
        yield ast.Subscript(value, _constant(-1 if number >= 0 else 0), node.ctx)


def _whole(node: ast.expr) -> int | None:
    """A number that is written out."""
    try:
        number = ast.literal_eval(node)
    except ValueError:
        return None
    return number if type(number) is int else None


def _ordered(node: ast.Call) -> Iterator[ast.expr]:
    name = node.func
    if isinstance(name, ast.Name) and name.id in _ORDERED:
        yield ast.Call(ast.Name(_ORDERED[name.id], ast.Load()), node.args, node.keywords)
    elif isinstance(name, ast.Attribute) and name.attr in _ORDERED:
        yield ast.Call(ast.Attribute(name.value, _ORDERED[name.attr], ast.Load()), node.args, node.keywords)
    elif isinstance(name, ast.Name) and name.id == "Variable":
        for keyword in node.keywords:
            if keyword.arg in ("upper", "integer"):
                yield ast.Call(name, node.args, [other for other in node.keywords if other is not keyword])


def _wrongs(node: ast.AST, rule: bool) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.BinOp():
            yield from _binary(node)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for dropped in values:
                left = [value for value in values if value is not dropped]
                yield left[0] if len(left) == 1 else ast.BoolOp(op, left)
        case ast.Compare():
            yield from _comparison(node, rule)
        case ast.Subscript(ctx=ast.Load()):
            yield from _index(node)
        case ast.Call():
            yield from _ordered(node)
        case ast.AugAssign(target=target, op=op, value=value) if type(op) in _SIGNS:
            if not isinstance(value, _NOT_ADDED):
                yield ast.AugAssign(target, _SIGNS[type(op)], value)
            yield ast.Pass()
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            for n, loop in enumerate(node.generators):
                if loop.ifs:
                    every = ast.comprehension(loop.target, loop.iter, [], loop.is_async)
                    yield type(node)(node.elt, [*node.generators[:n], every, *node.generators[n + 1 :]])


def _rows(node: ast.AST) -> list[ast.expr]:
    """What a table of contents lists."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Tuple(elts=elements))
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.List(elts=elements))
        ) if name in _TABLES:
            return elements
    return []


def _undeclared(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The declaration of a rule, and none in its place, or of a term that is no money one that is."""
    for declared in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
        match declared:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="RULES")) as kind, args=args, keywords=keywords):
                yield declared, _UNDECLARED
                if any(keyword.arg == "money" for keyword in keywords):
                    yield declared, ast.Call(kind, args, [other for other in keywords if other.arg != "money"])


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What of a node may be mutated: no words."""
    spared = {"annotation", "returns", "decorator_list"}
    for name, value in ast.iter_fields(node):
        if name not in spared:
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST))


def _walk(node: ast.AST, function: tuple[str, ...] = ()) -> Iterator[tuple[ast.AST, str]]:
    """Every node that may be mutated, and the function it stands in."""
    if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PARAMETERS":
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = (*function, node.name)
    yield node, ".".join(function)
    for child in _children(node):
        yield from _walk(child, function)


def mutants(file: str, text: str, *, rule: bool = False) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines; ``rule`` where comparisons are rows of a program."""
    raw = text.encode()
    lines = [0, *accumulate(len(line) for line in raw.splitlines(keepends=True))]
    for within, function in _walk(ast.parse(text)):
        wrongs = [(within, new) for new in _wrongs(within, rule)] + [(row, _NONE) for row in _rows(within)]
        wrongs += _undeclared(within)
        for node, new in wrongs:
            begin, end = lines[node.lineno - 1] + node.col_offset, lines[node.end_lineno - 1] + node.end_col_offset
            written = ast.unparse(ast.fix_missing_locations(new))
            inside = f"({written})" if isinstance(new, ast.expr) and new is not _NONE else written
            mutated = (raw[:begin] + inside.encode() + raw[end:]).decode()
            yield Mutant(file, node.lineno, node.col_offset, function, ast.unparse(node), written, mutated)
