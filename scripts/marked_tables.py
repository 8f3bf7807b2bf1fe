"""Tables in Markdown that a script makes, between two marks of a page that people write."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.support.files import write_atomically

END: Final = "<!-- end of what is made -->"
_DIGEST_SHOWN: Final = 8


def begin_of(script: str) -> str:
    """The mark before what the script of this name makes."""
    return f"<!-- made by: python scripts/{script} -->"


def replaced(page: str, made: str, script: str) -> str:
    """The page with what is made between its marks; nothing else is touched.

    Raises:
        ValueError: it lacks the marks.
    """
    before, begin, rest = page.partition(begin_of(script))
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page lacks the marks {begin_of(script)} and {END}.")
    return f"{before}{begin}\n\n{made}\n\n{END}{after}"


def rewrite(path: Path, made: str, script: str) -> None:
    """Replace what the script has made of this page before, and say so."""
    write_atomically(path, replaced(path.read_text(encoding="utf-8"), made, script).encode())
    print(f"Wrote the tables in {path}.")


def share(value: float | None) -> str:
    """A share of 0..1 in per cent, or a dash where it is not known."""
    return "–" if value is None else f"{value:.2%}"


def short_digest(manifest: Manifest) -> str:
    """The first digits of the weights' SHA-256: enough to tell models apart."""
    return (manifest.weights_sha256 or "–")[:_DIGEST_SHOWN]


def table(rows: Sequence[dict[str, str]]) -> Iterator[str]:
    """Line by line; the first row names the columns."""
    titles = list(rows[0])
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row.values())} |"
