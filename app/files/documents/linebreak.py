"""Breaks Chinese text into lines: tokens whole, no full stop first, no opening bracket last.

Used by `cjk` in place of the engine's own breaker, in whose shape fragments come in and lines go
out. The rules for the start and end of a line follow GB/T 15834.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reportlab.pdfbase.pdfmetrics import getAscentDescent
from xhtml2pdf import reportlab_paragraph as engine

from app.files.documents.line_atoms import Atom, Piece, atoms_of, object_width, text_atom, width_of

NOT_FIRST = frozenset("，。、；：！？）》」』】〕〉〗”’％‰℃°·…—～々!?,.:;)]}%/-–~")
NOT_LAST = frozenset("（《「『【〔〈〖“‘￥([{$¥№§#")

# Where a token wider than its line had better be cut: an e-mail before @, an address after /.
_SOFT = (re.compile(r"(?<=[/?&=,;])|(?=@)"), re.compile(r"(?<=[._-])"))
_ROUNDING = 1e-6


def break_lines(
    frags: Sequence[Piece], max_widths: Sequence[float], calc_bounds: bool, encoding: str = "utf8"
) -> Piece:
    """Break a paragraph into lines in the engine's shape; widths in points, the last repeats."""
    filler = _Filler(list(max_widths), calc_bounds)
    for group in _groups(atoms_of(frags, encoding)):
        filler.add(group)
    return engine.ParaLines(kind=1, lines=filler.finish())


def _groups(atoms: Iterator[Atom]) -> Iterator[list[Atom]]:
    """Atoms that must stay on one line together."""
    group: list[Atom] = []
    for atom in atoms:
        if group and not _stay_together(group[-1], atom):
            yield group
            group = []
        group.append(atom)
    if group:
        yield group


def _stay_together(left: Atom, right: Atom) -> bool:
    if "break" in (left.kind, right.kind) or "blank" in (left.kind, right.kind):
        return False
    if "object" in (left.kind, right.kind):
        return not (left.kind == right.kind and left.width and right.width)
    if left.text[-1] in NOT_LAST or right.text[0] in NOT_FIRST:
        return True
    # One token may be set in two styles: do not part what was written without a blank.
    return max(left.text[-1], right.text[0]) < "\u2e80"


@dataclass
class _Filler:
    """Fills lines greedily."""

    widths: list[float]
    calc_bounds: bool
    lines: list[Piece] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)
    used: float = 0.0

    @property
    def limit(self) -> float:
        return self.widths[min(len(self.lines), len(self.widths) - 1)]

    def add(self, group: list[Atom]) -> None:
        """Put the group on this line, or on the next where it does not fit."""
        if group[0].kind == "break":
            self.atoms.append(group[0])
            self.close()
        elif group[0].kind == "blank":
            if self.atoms:  # a blank at the end hangs over the margin, unseen
                self.atoms.append(group[0])
        else:
            self._place(group)

    def _place(self, group: list[Atom]) -> None:
        blank, width = width_of(_trailing_blanks(self.atoms)), width_of(group)
        if self.used + blank + width > self.limit + _ROUNDING and self.used > 0:
            self.close()
            blank = 0.0
        if width > self.limit + _ROUNDING:
            self._cut(group)
            return
        self.used += blank + width
        self.atoms += group

    def _cut(self, group: list[Atom]) -> None:
        """Cut a token wider than a whole line: at a soft place, else where the line ends."""
        for cluster in _clusters(group, self.limit):
            fits = width_of(cluster) <= self.limit + _ROUNDING
            for part in [cluster] if fits else [[atom] for atom in cluster]:
                if self.used + width_of(part) > self.limit + _ROUNDING and self.used > 0:
                    self.close()
                self.used += width_of(part)
                self.atoms += part

    def close(self) -> None:
        """End the line here."""
        self.lines.append(_line(self.atoms, self.limit - self.used, self.calc_bounds))
        self.atoms, self.used = [], 0.0

    def finish(self) -> list[Piece]:
        """Return all lines; a paragraph of nothing but blanks has none."""
        if self.atoms:
            self.close()
        return self.lines


def _trailing_blanks(atoms: list[Atom]) -> Iterator[Atom]:
    for atom in reversed(atoms):
        if atom.kind != "blank":
            return
        yield atom


def _clusters(group: list[Atom], limit: float) -> list[list[Atom]]:
    """Cut the wide atoms of a group; what stood beside them stays with the piece it touches."""
    beside = width_of(group) - max(atom.width for atom in group)
    room = max(limit - beside, limit / 2)
    clusters: list[list[Atom]] = [[]]
    for atom in group:
        pieces = [atom] if atom.kind == "object" else list(_soft_cut(atom, room, _SOFT))
        clusters[-1].append(pieces[0])
        clusters += [[piece] for piece in pieces[1:]]
    return clusters


def _soft_cut(atom: Atom, limit: float, places: tuple[re.Pattern[str], ...]) -> Iterator[Atom]:
    """Cut to pieces within the limit: at the first kind of place, else the next, else anywhere."""
    if atom.width <= limit:
        yield atom
    elif places:
        for part in filter(None, places[0].split(atom.text)):
            yield from _soft_cut(text_atom(atom.frag, part), limit, places[1:])
    else:
        yield from (text_atom(atom.frag, char) for char in atom.text)


def _line(atoms: list[Atom], spare: float, calc_bounds: bool) -> Piece:
    """Make one line in the engine's shape: neighbours of one style joined, greatest extents."""
    words: list[Piece] = []
    for atom in atoms:
        if atom.kind in ("object", "break"):
            words.append(atom.frag)  # a copy would lose the object
        elif words and _alike(words[-1], atom.frag):
            words[-1].text += atom.text
        else:
            words.append(atom.frag.clone(text=atom.text))
    bounds = [_extent(atom.frag, calc_bounds) for atom in atoms]
    return engine.FragLine(
        kind=1,
        whole=True,
        extraSpace=spare,
        wordCount=1,
        words=words,
        fontSize=max(atom.frag.fontSize for atom in atoms),
        ascent=max(ascent for ascent, _ in bounds),
        descent=min(descent for _, descent in bounds),
    )


def _alike(one: Piece, other: Piece) -> bool:
    if hasattr(one, "cbDefn") or hasattr(one, "lineBreak"):
        return False
    return one is other or bool(engine._sameFrag(one, other))


def _extent(frag: Piece, calc_bounds: bool) -> tuple[float, float]:
    """Tell how far the fragment reaches above and below the line, in points."""
    box: Piece = getattr(frag, "cbDefn", None)
    if calc_bounds and box is not None and object_width(box):
        descent, ascent = engine.imgVRange(box.height, box.valign, frag.fontSize)
    else:
        ascent, descent = getAscentDescent(frag.fontName, frag.fontSize)
    return ascent, descent
