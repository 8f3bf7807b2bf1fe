"""What people say of a run or a model: a name of their own, a note, and whether it is put away. Kept beside it."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically
from handwriting_ai.support.problems import describe_problems

NOTE_NAME: Final = "note.json"
MOST_NAME_LETTERS: Final = 80
MOST_NOTE_LETTERS: Final = 2_000


class Note(BaseModel):
    """It changes nothing of the run or model, whose own name stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(default="", max_length=MOST_NAME_LETTERS)
    text: str = Field(default="", max_length=MOST_NOTE_LETTERS)
    archived: bool = False
    """Whether lists leave it out unless they are asked for all."""
    problem: str = Field(default="", exclude=True)
    """What is wrong with the file, whose content is then not known."""

    def matches(self, own_name: str, words: str) -> bool:
        """Whether every one of the words is somewhere in its names or its note, in whatever case."""
        said = f"{own_name} {self.name} {self.text}".casefold()
        return all(word in said for word in words.casefold().split())


def read_note(folder: Path) -> Note:
    """What is said of what lies in a folder; nothing where nobody has said anything, or the file is damaged."""
    path = folder / NOTE_NAME
    try:
        return Note.model_validate_json(read_regular_file(path, MOST_JSON_BYTES))
    except FileNotFoundError:
        return Note()
    except ValidationError as error:
        return Note(problem=f"{path} is damaged: {describe_problems(error)}. Write the note anew.")
    except OSError as error:
        return Note(problem=f"{path} cannot be read: {error.strerror}.")


def write_note(folder: Path, note: Note) -> None:
    """Replace what is said as a whole.

    Raises:
        OSError: it cannot be written, or the folder has gone.
    """
    write_atomically(folder / NOTE_NAME, note.model_dump_json(indent=2).encode() + b"\n")
