"""What one module is made of: kinds of lines, definitions and imports."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 8
"""How many definitions are listed, by length."""

NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Definition:
    """A class or a function, wherever in the module."""

    name: str
    kind: str
    line: int
    lines: int


@dataclass(frozen=True)
class Lines:
    """Every line is of exactly one kind: these four add up to all of them."""

    code: int
    documentation: int
    """Lines of docstrings."""
    comment: int
    """Lines with a comment and nothing else."""
    blank: int

    @property
    def total(self) -> int:
        return self.code + self.documentation + self.comment + self.blank


@dataclass(frozen=True)
class Statistics:
    """What the page of a module shows."""

    lines: Lines
    summary: str
    """The first line of the module's docstring, "" if it has none."""
    functions: int
    """With `async` ones and methods."""
    classes: int
    imports: tuple[str, ...]
    """Absolute names as they are written, wherever in the module; relative ones are left out."""
    longest: tuple[Definition, ...]


def statistics(source: str) -> Statistics | None:
    """Measure a source text; None if it is not valid Python (some test data isn't, on purpose)."""
    try:
        tree = ast.parse(source)
        lines = classify_lines(source, tree)
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
        return None
    definitions = sorted(find_definitions(tree), key=lambda d: (-d.lines, d.line))
    return Statistics(
        lines=lines,
        summary=(ast.get_docstring(tree) or "").partition("\n")[0],
        functions=sum(definition.kind == "function" for definition in definitions),
        classes=sum(definition.kind == "class" for definition in definitions),
        imports=tuple(sorted(set(find_imports(tree)))),
        longest=tuple(definitions[:LONGEST]),
    )


def classify_lines(source: str, tree: ast.Module) -> Lines:
    code: set[int] = set()
    comments: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type not in NOT_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    documentation = set(docstring_lines(tree))
    total = source.count("\n") + (not source.endswith("\n") and source != "")
    touched = code | comments | documentation
    return Lines(
        code=len(code - documentation),
        documentation=len(documentation),
        comment=len(comments - code - documentation),
        blank=total - len(touched),
    )


def docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is None:
                continue
            docstring = node.body[0]
            yield from range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)


def find_definitions(tree: ast.Module) -> Iterator[Definition]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            last = node.end_lineno or node.lineno
            yield Definition(node.name, kind, node.lineno, last - node.lineno + 1)


def find_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
