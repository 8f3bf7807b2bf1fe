"""What a person did with the digits of a page: which one is open, what was corrected, what is saved."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from handwriting_ai.reading.page import PageDigit, PageReading
from shared.photos import Asked


def mark_of(digit: PageDigit) -> str:
    """Tells a digit of a page from the others, also when the page is read again: its place and its pixels."""
    box = digit.box
    return f"{box.left}_{box.top}_{box.width}_{box.height}_{zlib.crc32(digit.image.tobytes())}"


@dataclass(frozen=True, kw_only=True)
class SavedDigit:
    """A digit of a page that was saved."""

    drawing_id: str
    label: int


@dataclass
class PageWork:
    """Of one drawing or photograph. Digits are named by `mark_of`."""

    opened: str | None = None
    """The digit whose reasons are on show."""
    corrections: dict[str, int] = field(default_factory=dict)
    """What a person says the digit is."""
    saved: dict[str, SavedDigit] = field(default_factory=dict)
    reading: PageReading | None = None
    """What was read last."""
    picture_url: str = ""
    """The photograph as the page shows it, once it was shown."""
    _asked: object = None

    def known(self, item: object, asked: Asked, model_id: str | None) -> PageReading | None:
        """What was read in this picture, in this way; None if it was not yet."""
        return self.reading if self._asked == (item, asked, model_id) else None

    def keep(self, reading: PageReading, item: object, asked: Asked, model_id: str | None) -> None:
        """Keep what was read, and forget what was done with digits that are no longer there."""
        self.reading, self._asked = reading, (item, asked, model_id)
        marks = {mark_of(digit) for digit in reading.digits}
        self.corrections = {mark: label for mark, label in self.corrections.items() if mark in marks}
        self.saved = {mark: saved for mark, saved in self.saved.items() if mark in marks}
        if self.opened not in marks:
            self.opened = None

    def label_of(self, digit: PageDigit) -> int:
        """As corrected, or as read."""
        return self.corrections.get(mark_of(digit), digit.prediction.digit)

    def text_of(self, digit: PageDigit) -> str:
        """As corrected, or as read: `?` if nobody is sure."""
        return str(self.corrections[mark_of(digit)]) if mark_of(digit) in self.corrections else digit.text

    def number_text(self, digits: Iterable[PageDigit]) -> str:
        """A number's text, with what was corrected."""
        return "".join(self.text_of(digit) for digit in digits)

    def text(self, page: PageReading) -> str:
        """The page's text, with what was corrected."""
        return "\n".join(" ".join(self.number_text(number.digits) for number in line.numbers) for line in page.lines)

    def unsaved(self, page: PageReading) -> list[PageDigit]:
        """The digits that are not saved, or under another label."""
        return [digit for digit in page.digits if not self._is_saved(digit)]

    def _is_saved(self, digit: PageDigit) -> bool:
        saved = self.saved.get(mark_of(digit))
        return saved is not None and saved.label == self.label_of(digit)
