"""The words of the pages: one file, which the page Glossary shows and the help texts quote and link to."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

ASKED: Final = "word"
"""In the address of the page Glossary."""
_FILE: Final = Path(__file__).resolve().parents[1] / "glossary" / "words.md"
_HEAD: Final = "| word |"


def _read() -> tuple[str, dict[str, str]]:
    """The table, and each word's meaning."""
    text = _FILE.read_text(encoding="utf-8")
    table = text[text.index(_HEAD) :].strip()
    rows = [line.strip("| ").partition(" | ") for line in table.splitlines()[2:]]
    return table, {word: said for word, _, said in rows}


TABLE, MEANINGS = _read()
"""The table in Markdown, and the meaning of each word."""


def meaning(word: str) -> str:
    """What the glossary says of a word, as a sentence with a link to it.

    Raises:
        KeyError: the glossary does not have the word.
    """
    said = _said_of(word)
    return linked(word, f"{said[0].upper()}{said[1:]}.")


def linked(word: str, text: str) -> str:
    """A help text that goes on in the glossary; each page's address lies beside the glossary's.

    Raises:
        KeyError: the glossary does not have the word.
    """
    _said_of(word)
    return f"{text} [Glossary](glossary?{ASKED}={quote(word)})"


def _said_of(word: str) -> str:
    if word not in MEANINGS:
        raise KeyError(f"{_FILE} has no line for {word!r}.")
    return MEANINGS[word]
