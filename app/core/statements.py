"""SQL that is too long for the query builder, in a `.sql` file beside the module that runs it.

A file is read once, when its module is imported. It holds named statements, each with a comment that says
what it gives and why it is as it is, and pieces that several of them share:

    -- piece: of_college(row)
    -- Nobody outside the college, where one is asked for.
    (CAST(:college AS int) IS NULL OR {row}.college_id = :college)

    -- statement: waiting
    -- (kind, how many) of what waits for a reviewer now.
    SELECT p.kind, count(*) FROM placement p WHERE {of_college(p)} GROUP BY 1

`:name` is a value, always bound. `{name}` puts in a piece of the file, what the module has `given`
(columns that it declares, through `columns`), or an argument of the piece, by `;` from the next; nothing
that anybody typed. A `table` is a statement whose rows later ones read as the temporary table of that name;
``-- after: other.sql`` names a file whose tables they read.

`tests/core/test_sql_files.py` has the migrated database explain every statement of every file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import TextClause, text

_HEAD = re.compile(r"^-- (statement|table|piece): ([a-z_]\w*)(?:\(([\w; ]*)\))?$", re.M)
_PUT = re.compile(r"\{([a-z_]\w*)([(}])")
_AFTER = re.compile(r"^-- after: (\S+\.sql)$", re.M)
_NAME = re.compile(r"[a-z_][a-z0-9_]*")

Given = (
    str | Callable[[], str]
)  # a function: what a package above says, known once all are assembled


Scope = Mapping[str, Given]


@dataclass(frozen=True)
class _Part:
    kind: str
    arguments: tuple[str, ...]
    why: str
    body: str


class Statements:
    """The statements of one file by name. Raises KeyError for a name that stands nowhere."""

    def __init__(
        self,
        module: str,
        name: str,
        each: Callable[[], Iterable[Scope]] | None = None,
        **given: Given,
    ) -> None:
        """Read the file of that name beside the module, whose `__file__` is given.

        A file that is about several tables says with `each` what is given for every one of them.
        """
        self.path = Path(module).with_name(name)
        self.each = each or (lambda: [{}])
        self._given = given
        self._parts, self.after = _read(self.path)
        self._made: dict[str, TextClause] = {}

    def names(self, *kinds: str) -> list[str]:
        """The statements (or `table`s, `piece`s) in the order of the file."""
        return [name for name, part in self._parts.items() if part.kind in kinds]

    def why(self, name: str) -> str:
        """The comment of a statement."""
        return self._parts[name].why

    def give(self, **given: Given) -> None:
        """Say what else is put in, where that is made of pieces of this very file."""
        self._given |= given
        self._made.clear()

    def sql(self, name: str, **given: Given) -> str:
        """The statement with everything put in; `given` here is of this one statement, or its arguments."""
        scope = {**self._given, **given}
        return self._put(self._parts[name].body, scope, scope, (name,))

    def __getitem__(self, name: str) -> TextClause:
        """The statement, ready to be executed with its values; put together once."""
        if name not in self._made:
            self._made[name] = text(self.sql(name))
        return self._made[name]

    def _put(
        self, body: str, scope: dict[str, Given], outer: dict[str, Given], within: tuple[str, ...]
    ) -> str:
        """`scope` is `outer`, what is given, with the arguments of the piece whose body it is."""
        made, at = [], 0
        while found := _PUT.search(body, at):
            made.append(body[at : found.start()])
            at, arguments = found.end(), None
            if found[2] == "(":
                arguments, at = _arguments(body, found.end())
            name = found[1]
            if arguments is None and name in scope:
                put = scope[name]
                made.append(put if isinstance(put, str) else put())
                continue
            if name in within:
                raise ValueError(f"{self.path.name}: {name} is put into itself")
            part = self._parts[name]
            values = [self._put(value, scope, outer, within).strip() for value in arguments or ()]
            own = {**outer, **dict(zip(part.arguments, values, strict=True))}
            made.append(self._put(part.body, own, outer, (*within, name)))
        return "".join([*made, body[at:]])


def _arguments(body: str, at: int) -> tuple[list[str], int]:
    """What stands between a bracket and the one that closes it, cut at each `;`; where it goes on."""
    found, depth = [""], 1
    for n, sign in enumerate(body[at:], at):
        depth += (sign in "({") - (sign in ")}")
        if depth == 0:
            return found, n + 2  # behind the brace, too
        if sign == ";" and depth == 1:
            found.append("")
        else:
            found[-1] += sign
    raise ValueError(f"a bracket is not closed: {body[at : at + 40]}")


def _read(path: Path) -> tuple[dict[str, _Part], list[str]]:
    """The parts by name, and the files whose tables they read."""
    found: dict[str, _Part] = {}
    content = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(content))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        lines = content[head.end() : after.start() if after else None].strip().splitlines()
        why = [line[3:] for line in lines if line.startswith("-- ")]
        body = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if head[2] in found or not body:
            raise ValueError(f"{path.name}: {head[2]} stands there twice, or is empty")
        arguments = tuple(name.strip() for name in (head[3] or "").split(";") if name.strip())
        found[head[2]] = _Part(head[1], arguments, " ".join(why), body.removesuffix(";"))
    return found, _AFTER.findall(content)


def columns(names: Iterable[str], shape: str = "{}", between: str = ", ") -> str:
    """Declared columns as a piece of SQL: each in that shape. Raises ValueError on what is no name."""
    found = list(names)
    for name in found:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a column: {name!r}")
    return between.join(shape.replace("{}", name) for name in found)


def words(values: Iterable[str]) -> str:
    """Constants of the code, such as states, as a list of texts for ``IN (…)``."""
    return ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
