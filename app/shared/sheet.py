"""The sheet one draws on: which strokes are on it, and how they came and went."""

from dataclasses import dataclass, field
from typing import Final

from shared.freehand import PenStroke

CANVAS_PX: Final = 280
"""Side of the square that strokes and pens are measured in, however large the canvas is on the screen."""
Strokes = tuple[PenStroke, ...]


@dataclass
class Sheet:
    """Two layers: the strokes behind, which the canvas only shows, and those in front, which are drawn on it now.

    The browser takes strokes away at once and reports it a moment later. A report that is still the old one counts as
    what it will be.
    """

    version: int = 0
    """Part of the canvas's key: another one is another canvas."""
    behind: Strokes = ()
    in_front: Strokes = ()
    cleared: list[Strokes] = field(default_factory=list)
    """What *Clear* took away, the oldest first, so that *Undo* can bring it back."""
    _reported: Strokes = ()
    _expected: tuple[Strokes, Strokes] | None = None
    """A report that is out of date, and what stands for it."""

    @property
    def strokes(self) -> Strokes:
        """All that is drawn, the oldest stroke first."""
        return self.behind + self.in_front

    @property
    def can_undo(self) -> bool:
        """Whether anything was drawn that is still there, or was cleared."""
        return bool(self.strokes or self.cleared)

    def report(self, strokes: Strokes) -> None:
        """Take what the canvas says is on it."""
        self._reported = strokes
        if self._expected is not None and strokes == self._expected[0]:
            self.in_front = self._expected[1]
        else:
            self.in_front, self._expected = strokes, None

    def clear(self) -> None:
        """Take everything away, as the browser has done already."""
        if self.strokes:
            self.cleared.append(self.strokes)
        self.behind = ()
        self._expect(())

    def undo(self) -> None:
        """Take the last stroke away, or bring back what was cleared last."""
        if self.in_front:
            self._expect(self.in_front[:-1])
        elif self.behind:
            self.behind = self.behind[:-1]
        elif self.cleared:
            self.behind = self.cleared.pop()

    def begin_again(self) -> None:
        """Put a new canvas before all that is drawn: the browser forgets a canvas when the page changes."""
        if self.strokes or self._reported:
            self.version += 1
            self.behind, self.in_front = self.strokes, ()
            self._reported, self._expected = (), None

    def take(self, strokes: Strokes) -> None:
        """Begin with strokes that were drawn elsewhere."""
        self.version += 1
        self.behind, self.in_front, self.cleared = strokes, (), []
        self._reported, self._expected = (), None

    def _expect(self, strokes: Strokes) -> None:
        self._expected = (self._reported, strokes)
        self.in_front = strokes
