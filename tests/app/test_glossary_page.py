"""The page Glossary without a browser, and the help texts that lead to it."""

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.test_draw_page import open_app

from shared import explanations, glossary


def _open(word: str | None = None) -> AppTest:
    app = open_app()
    app.run()
    if word is not None:
        address: dict[str, object] = app.query_params
        address[glossary.ASKED] = word
    app.switch_page("glossary/page.py").run()
    assert not app.exception
    return app


@pytest.mark.usefixtures("clean_environment")
def test_all_words_stand_on_the_page() -> None:
    """In one table; nothing is asked for."""
    app = _open()
    assert glossary.TABLE in [each.value for each in app.markdown]
    assert not app.info


@pytest.mark.usefixtures("clean_environment")
def test_the_word_that_a_help_text_leads_to_stands_on_top() -> None:
    """The address names it; one that is not there is passed over."""
    assert _open("ECE").info[0].value == f"**ECE**: {glossary.MEANINGS['ECE']}."
    assert not _open("nonsense").info


def test_a_help_text_links_to_its_word() -> None:
    """It says what the glossary says; a word that the glossary lacks is a mistake of ours."""
    assert explanations.BRIER.startswith("The squared distance")
    assert explanations.BRIER.endswith("[Glossary](glossary?word=Brier%20score)")
    with pytest.raises(KeyError, match="no line for 'nonsense'"):
        glossary.linked("nonsense", "It is.")


def test_words_are_in_order_and_have_a_meaning() -> None:
    """Of the alphabet, small and large letters alike."""
    words = list(glossary.MEANINGS)
    assert words == sorted(words, key=str.casefold)
    assert all(glossary.MEANINGS.values())
