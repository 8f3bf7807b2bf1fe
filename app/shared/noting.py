"""Names, notes and archiving of runs and models: a filter above a list, and a form for one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from handwriting_ai.registry.notes import MOST_NAME_LETTERS, MOST_NOTE_LETTERS, Note, write_note
from shared import place, troubles


def choose_shown(kind: str, notes: Mapping[str, Note], own_names: Mapping[str, str] | None = None) -> list[str]:
    """A field to filter by, and a switch for what is archived.

    Args:
        kind: `runs` or `models`: under it the address remembers what was typed.
        notes: of what there is, by its name.
        own_names: what is searched beside the notes, by the same names; these themselves without it.

    Returns:
        The names of what is shown, in their order.
    """
    words_at, archived_at = f"{kind}_with", f"{kind}_archived"
    if f"filter_{kind}" not in st.session_state:
        st.session_state[f"filter_{kind}"] = " ".join(place.recall(words_at))
        st.session_state[f"archived_{kind}"] = bool(place.recall(archived_at))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Filter",
            key=f"filter_{kind}",
            placeholder="Words of its name or note",
            icon=":material/search:",
            persist_state="session",
        )
        count = sum(note.archived for note in notes.values())
        label = f"Show archived ({count})"
        with_archived = count > 0 and st.toggle(label, key=f"archived_{kind}", persist_state="session")
    place.remember(words_at, [words] if words else [])
    place.remember(archived_at, ["yes"] if with_archived else [])
    return [
        name
        for name, note in notes.items()
        if (with_archived or not note.archived) and note.matches((own_names or {}).get(name, name), words)
    ]


def say_problems(notes: Mapping[str, Note]) -> None:
    """Notes that could not be read."""
    for note in notes.values():
        if note.problem:
            st.warning(note.problem, icon=":material/warning:")


def offer(kind: str, folders: Mapping[str, Path], notes: Mapping[str, Note]) -> None:
    """A form to name, annotate and archive one of these; of several one chooses which."""
    with st.popover("Name, annotate, archive", icon=":material/edit_note:", key=f"noting_{kind}"):
        names: Sequence[str] = list(folders)
        name = names[0] if len(names) == 1 else st.selectbox("Which", names, index=None, key=f"noted_{kind}")
        if name is None:
            return
        note = notes[name]
        with st.form(f"note_{kind}_{name}", border=False):
            title = st.text_input("Your name for it", note.name, max_chars=MOST_NAME_LETTERS)
            text = st.text_area("Note", note.text, max_chars=MOST_NOTE_LETTERS)
            archived = st.toggle("Archived", note.archived, help="Lists leave it out; nothing of it is deleted.")
            if st.form_submit_button("Save", type="primary"):
                with troubles.toasted():
                    write_note(folders[name], Note(name=title, text=text, archived=archived))
                    st.rerun()
