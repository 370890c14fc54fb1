"""Every small fault that can be planted in a module, as a change of its text.

Text is replaced where the syntax tree says that an operand, an operator or a statement stands, so a
mutant looks like the line that somebody could have written by mistake.

Left alone: docstrings, type hints, decorators and options of classes, what is logged, the arguments
of what is raised, sentences (a string with a space in it, unless it is SQL), `__repr__`, `__str__`,
`strict=` of `zip`, and names that a module lists (`__all__`, `__slots__`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Final

_COMPARED: Final = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
    "==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",),
    "in": ("not in",), "not in": ("in",),
}  # fmt: skip
_CALCULATED: Final = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "*"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"),
}  # fmt: skip
_OPPOSITE: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_IN_SQL: Final = (
    (re.compile(r"(?<![<>=])>=(?!=)"), ">"), (re.compile(r"(?<![<>=])<=(?!=)"), "<"),
    (re.compile(r"(?<![<>=-])>(?![<>=])"), ">="), (re.compile(r"(?<![<>=])<(?![<>=])"), "<="),
    (re.compile(r"\bAND\b"), "OR"), (re.compile(r"\bDESC\b"), ""), (re.compile(r" \+ "), " - "),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"), (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bMAX\(", re.IGNORECASE), "min("), (re.compile(r"\bLIMIT 1\b"), "LIMIT 2"),
)  # fmt: skip
_SQL: Final = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY)\b")
_LARGE: Final = 100
_LOGGED: Final = frozenset({"debug", "info", "warning", "error", "exception"})
_WORDS_OF_A_MODULE: Final = frozenset({"__all__", "__slots__", "__match_args__"})
_FOR_READERS: Final = frozenset({"__repr__", "__str__"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault.

    Attributes:
        module: path of the file, from the root of the tree.
        function: where it is planted, as `Class.method`; empty at the top of the module.
        line, last_line: those that are changed.
        was: the changed lines as they are, stripped.
        now: the same lines with the fault.
        first, end: which bytes of the module are replaced.
        instead: what by.
    """

    module: str
    function: str
    line: int
    last_line: int
    was: str
    now: str
    first: int
    end: int
    instead: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it as long as the code that it changes is the same."""
        return self.module, self.function, self.was, self.now

    def planted_in(self, source: bytes) -> bytes:
        """The module with the fault.

        Raises:
            SyntaxError: it is no Python.
        """
        text = source[: self.first] + self.instead.encode() + source[self.end :]
        ast.parse(text)
        return text


def mutants_of(module: str, text: str) -> list[Mutant]:
    """All mutants of a module, each once, in the order of the text; a few may be no Python."""
    source = _Source(text)
    found = {
        mutant.key: mutant
        for first, end, instead, function in sorted(_Finder(source).changes())
        for mutant in (source.mutant(module, function, (first, end, instead)),)
    }
    return list(found.values())


class _Source:
    """A text in bytes, because a syntax tree counts columns in them."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self._bytes = text.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def between(self, first: int, end: int) -> str:
        return self._bytes[first:end].decode()

    def of(self, node: ast.expr | ast.stmt) -> str:
        return self.between(self.start(node), self.end(node))

    def mutant(self, module: str, function: str, change: tuple[int, int, str]) -> Mutant:
        first, end, instead = change
        begin = self._bytes.rfind(b"\n", 0, first) + 1
        last = self._bytes.find(b"\n", end)
        lines = self._bytes[begin:last]
        now = lines[: first - begin] + instead.encode() + lines[end - begin :]
        line = self._bytes.count(b"\n", 0, first) + 1
        return Mutant(
            module,
            function,
            line,
            line + self._bytes.count(b"\n", first, end),
            _stripped(lines),
            _stripped(now),
            *change,
        )


def _stripped(lines: bytes) -> str:
    return "\n".join(line.strip() for line in lines.decode().splitlines())


_Change = tuple[int, int, str, str]
"""From which byte to which, what stands there instead, in which function."""


class _Finder(ast.NodeVisitor):
    """Walks over what a fault may be planted in."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._found: list[_Change] = []
        self._within: list[str] = []

    def changes(self) -> list[_Change]:
        self.visit(self._source.tree)
        return self._found

    def _add(self, first: int, end: int, instead: str) -> None:
        self._found.append((first, end, instead, ".".join(self._within)))

    def _instead_of(self, node: ast.expr | ast.stmt, instead: str) -> None:
        self._add(self._source.start(node), self._source.end(node), instead)

    def _between(self, left: ast.expr, right: ast.expr, was: str, now: str) -> None:
        """Replace the operator `was` between two operands; None of it may stand in a comment."""
        first, end = self._source.end(left), self._source.start(right)
        gap = self._source.between(first, end)
        pattern = r"\s+".join(map(re.escape, was.split()))
        if was[0].isalpha():
            pattern = rf"\b{pattern}\b"
        changed, times = re.subn(pattern, now, gap, count=1)
        if times and "#" not in gap:
            self._add(first, end, changed)

    # Where no fault is planted.

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._body(node.name, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.name in _FOR_READERS:
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._body(node.name, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  ast's name for it

    def _body(self, name: str, body: list[ast.stmt]) -> None:
        self._within.append(name)
        for statement in body:
            self.visit(statement)
        self._within.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._deleted_if_kept(node, [node.target])
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._instead_of(node, "pass")

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion informs the type checker."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._sql(node)

    def visit_Import(self, node: ast.Import) -> None:
        """An import that is gone is found by the first test."""

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg != "strict":
            self.visit(node.value)

    # What a fault is planted in.

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in _LOGGED
        ):
            return
        self._instead_of(node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(t, ast.Name) and t.id in _WORDS_OF_A_MODULE for t in node.targets):
            return
        self._deleted_if_kept(node, node.targets)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._instead_of(node, "pass")
        was, now = _CALCULATED.get(type(node.op), ("", ""))
        if was:
            self._between(node.target, node.value, f"{was}=", f"{now}=")
        self.visit(node.value)

    def _deleted_if_kept(self, node: ast.stmt, targets: list[ast.expr]) -> None:
        """Without it a name would be unbound; an attribute may have held another value before."""
        if self._within and all(isinstance(t, ast.Attribute | ast.Subscript) for t in targets):
            self._instead_of(node, "pass")

    def visit_Delete(self, node: ast.Delete) -> None:
        self._instead_of(node, "pass")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._instead_of(node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._instead_of(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._instead_of(node, "pass")
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._instead_of(node, "return None")
        self.visit(node.value)

    def _condition(self, test: ast.expr) -> None:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return  # its operator is turned round already
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return
        self._instead_of(test, f"not ({self._source.of(test)})")

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            was = _NAMES[type(operator)]
            for now in _COMPARED[was]:
                self._between(left, right, was, now)
            left = right
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        was, now = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, was, now)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._instead_of(node, self._source.of(node.operand))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        is_type = isinstance(node.op, ast.BitOr) and not self._within
        is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str | bytes)
        if not is_type and not is_text and type(node.op) in _CALCULATED:
            self._between(node.left, node.right, *_CALCULATED[type(node.op)])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _OPPOSITE:
            self._instead_of(node.func, _OPPOSITE[name])
        if name in {"isinstance", "cast", "TypeVar"}:
            self.visit(node.args[0])
            return
        if name in {"min", "max"}:
            self.generic_visit(node)  # the order of their arguments changes nothing
            return
        for one, other in zip(node.args, node.args[1:], strict=False):
            first, second = self._source.of(one), self._source.of(other)
            if first != second and not isinstance(one, ast.Starred | ast.Constant):
                gap = self._source.between(self._source.end(one), self._source.start(other))
                if not isinstance(other, ast.Starred):
                    self._add(
                        self._source.start(one), self._source.end(other), f"{second}{gap}{first}"
                    )
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._instead_of(node, str(not value))
        elif isinstance(value, int):
            if value >= _LARGE:
                self._instead_of(node, str(value // 2))
            else:
                self._instead_of(node, str(value + 1))
                if value > 0:
                    self._instead_of(node, str(value - 1))
        elif isinstance(value, str):
            if _SQL.search(value):
                self._sql(node)
            elif value and " " not in value and "\n" not in self._source.of(node):
                self._instead_of(node, '""')

    def _sql(self, node: ast.Constant | ast.JoinedStr) -> None:
        text = self._source.of(node)
        if not _SQL.search(text):
            return
        for pattern, instead in _IN_SQL:
            for match in pattern.finditer(text):
                self._instead_of(node, text[: match.start()] + instead + text[match.end() :])


_NAMES: Final = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
