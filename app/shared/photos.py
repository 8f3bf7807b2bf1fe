"""The photographs of a session: kept while one looks at something else."""

from dataclasses import dataclass, field

from handwriting_ai.prediction import EnsembleChoice, TtaMode

Asked = tuple[TtaMode, EnsembleChoice | None]
"""How a photograph was read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Glance:
    """The answer to one photograph, for the strip of all of them."""

    figure: str
    """The digit; with a question mark if it is uncertain, `–` where nothing could be read."""
    thumbnail: str | None = None
    """A small picture as a data URL; None where the file cannot be read."""


@dataclass(eq=False)
class Photo:
    """One file, and what was read in it."""

    photo_id: str
    name: str
    data: bytes
    glance: Glance | None = None
    asked: Asked | None = None
    """How `glance` was read: it is read again when that changes."""
    digits_found: int | None = None
    """How many digits there seem to be, whatever the models say; None until it was read."""


@dataclass
class Photos:
    """All of them, in the order in which they came."""

    all: list[Photo] = field(default_factory=list)
    open_id: str | None = None
    """The one that is on show."""
    version: int = 0
    """Part of the keys of what they come from: another one empties it."""

    def add(self, name: str, data: bytes) -> None:
        """Take one more, and open it."""
        self.open_id = f"photo_{self.version}_{len(self.all)}"
        self.all.append(Photo(photo_id=self.open_id, name=name, data=data))

    def remove_all(self) -> None:
        """Begin again."""
        self.all, self.open_id = [], None
        self.version += 1

    def show(self, photo_id: str) -> None:
        """Open one."""
        self.open_id = photo_id

    @property
    def opened(self) -> Photo | None:
        """The one on show; None if there is none."""
        return next((photo for photo in self.all if photo.photo_id == self.open_id), None)
