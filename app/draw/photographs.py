"""The source *Photo*: files or the camera, several at a time, one of them open."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from draw import pasting, photographed_page
from handwriting_ai.errors import HandwritingError
from handwriting_ai.preprocess import FORMAT_NAMES, SUFFIXES
from handwriting_ai.reading.page import PageReading
from handwriting_ai.reading.reader import Reading
from shared import pictures, resources, wording
from shared.photos import Asked, Glance, Photo, Photos
from shared.ui_state import ui_state

Read = Callable[[bytes], Reading]
_FILES, _CAMERA = "Files", "Camera"
_SHOWN_PX: Final = 840
_THUMBNAIL_PX: Final = 72
_NOTHING: Final = "–"
_FEW_CHARACTERS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the open photograph was read as: a page, or one digit, or neither."""

    page: PageReading | None = None
    reading: Reading | None = None
    trouble: str = ""
    """Why it could not be read."""


def look(read: Read, read_page: Callable[[bytes], PageReading], asked: Asked) -> Look:
    """Read the open photograph as one digit; as a number or page where it seems to hold several, or a person says so.

    Args:
        read: reads one digit in a file, and raises an error of ours if it cannot.
        read_page: the same of every digit.
        asked: how they read.
    """
    photo = ui_state().photos.opened
    if photo is None:
        return Look()
    one: Look | None = None
    if photo.digits_found is None:
        one = _read_digit(photo, read, asked)
        if one.reading is None:
            return one
        photo.digits_found = one.reading.digits_found
    try:
        if photographed_page.choose_kind(photo, read_page, asked):
            return Look(page=photographed_page.read(photo, read_page, asked))
    except HandwritingError as error:
        return Look(trouble=str(error))
    return one or _read_digit(photo, read, asked)


def show_strip_below(read: Read, asked: Asked, page: PageReading) -> None:
    """Of a page that is shown: the other photographs, and where more come from."""
    photos = ui_state().photos
    strip, more = st.container(), st.container()
    if photos.opened is not None:
        few = page.text.replace("\n", " ")
        shown = few if len(few) <= _FEW_CHARACTERS else wording.counted(len(page.digits), "digit")
        small = photos.opened.glance.thumbnail if photos.opened.glance else None
        photos.opened.glance, photos.opened.asked = Glance(figure=shown or _NOTHING, thumbnail=small), asked
    with more:
        _take_more(photos)
    if len(photos.all) > 1:
        with strip:
            _show_strip(photos, read, asked)
    more.button("Remove all", icon=":material/delete:", on_click=photos.remove_all)


def show_board(looked: Look, read: Read, asked: Asked) -> None:
    """The open photograph, read as one digit, the strip of all, and where more come from.

    Args:
        looked: what was read in the open one.
        read: reads one file, and raises an error of ours if it cannot.
        asked: how it reads.
    """
    reading = looked.reading
    photos = ui_state().photos
    shown, strip, more = st.container(), st.container(), st.container()
    with more:
        _take_more(photos)
    with shown:
        if reading is not None and photos.opened is not None:
            st.image(pictures.thumbnail(reading.steps[0].picture, _SHOWN_PX), caption=photos.opened.name)
        elif looked.trouble:
            st.error(looked.trouble, icon=":material/broken_image:")
    if len(photos.all) > 1:
        with strip:
            _show_strip(photos, read, asked)
    if photos.all:
        more.button("Remove all", icon=":material/delete:", on_click=photos.remove_all)


def _take_more(photos: Photos) -> None:
    limits = resources.settings().digits
    origin = st.segmented_control(
        "From", (_FILES, _CAMERA), default=_FILES, key="photo_from", required=True, persist_state="session"
    )
    key = f"photo_file_{photos.version}_{len(photos.all)}"  # an empty one after each: the strip shows what came
    if origin == _CAMERA:
        st.camera_input("Hold a digit or a number into the camera", key=key, on_change=_add, args=(key,))
    else:
        st.file_uploader(
            "Pictures of digits, numbers or pages, chosen, dropped or pasted (Ctrl+V), at most "
            f"{limits.max_image_mb:g} MB and {limits.max_image_side_px:,} pixels a side",
            type=[suffix.removeprefix(".") for suffix in SUFFIXES],
            max_upload_size=ceil(limits.max_image_mb),
            accept_multiple_files=True,
            help=f"{FORMAT_NAMES}, taken as they are. On a phone this offers its camera, too.",
            key=key,
            on_change=_add,
            args=(key,),
        )
        pasting.into_uploader()


def _add(key: str) -> None:
    """Take what was chosen or photographed."""
    chosen: object = st.session_state.get(key)
    uploads: list[object] = chosen if isinstance(chosen, list) else [chosen]
    for upload in uploads:
        if isinstance(upload, UploadedFile):
            name: str = upload.name
            ui_state().photos.add(name, upload.getvalue())


def _read_digit(photo: Photo, read: Read, asked: Asked) -> Look:
    try:
        reading = read(photo.data)
    except HandwritingError as error:
        photo.glance, photo.asked = Glance(figure=_NOTHING), asked
        return Look(trouble=str(error))
    photo.glance, photo.asked = _glance(reading), asked
    return Look(reading=reading)


def _glance(reading: Reading) -> Glance:
    doubt = "?" if reading.prediction.uncertain else ""
    small = pictures.thumbnail(reading.steps[0].picture, _THUMBNAIL_PX)
    return Glance(figure=f"{reading.prediction.digit}{doubt}", thumbnail=pictures.data_url(small))


def _show_strip(photos: Photos, read: Read, asked: Asked) -> None:
    """Each photograph small, with its answer on the button that opens it."""
    with st.container(horizontal=True, key="strip"):
        for photo in photos.all:
            glance = _glance_at(photo, read, asked)
            is_open = photo.photo_id == photos.open_id
            with st.container(width="content", gap="xsmall", horizontal_alignment="center"):
                if glance.thumbnail is None:
                    st.markdown(":material/broken_image:")
                else:
                    st.html(f'<img src="{glance.thumbnail}" alt="" width="{_THUMBNAIL_PX}">')
                st.button(
                    glance.figure,
                    type="primary" if is_open else "secondary",
                    key=f"open_{photo.photo_id}",
                    help=photo.name,
                    on_click=photos.show,
                    args=(photo.photo_id,),
                )


def _glance_at(photo: Photo, read: Read, asked: Asked) -> Glance:
    """The answer, read now if it was not yet in this way."""
    if photo.glance is None or photo.asked != asked:
        try:
            photo.glance = _glance(read(photo.data))
        except HandwritingError:
            photo.glance = Glance(figure=_NOTHING)
        photo.asked = asked
    return photo.glance
