"""Login, account and labels speak both languages whole."""

import re
import string
from pathlib import Path

import hub.access
from hub.access.rules import PasswordFault, Role
from hub.access.words import WORDS, say
from hub.web.choice import Language, Theme


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_has_both_languages_with_the_same_blanks() -> None:
    for key, (chinese, english) in WORDS.items():
        assert re.search("[\u4e00-\u9fff]", chinese), key
        assert english.isascii(), key
        assert blanks(chinese) == blanks(english), key


def test_every_value_that_is_told_has_its_words() -> None:
    for key in (
        *(f"role.{role}" for role in Role),
        *(f"password.{fault}" for fault in PasswordFault),
        *(f"choice.{theme}" for theme in Theme),
    ):
        assert all(say(key, language) for language in Language)


def test_no_sentence_is_said_by_nobody() -> None:
    folder = Path(hub.access.__file__).parent
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.stem != "words")
    families = {"role", "choice"}
    unsaid = {
        key
        for key in WORDS
        if f'"{key}"' not in code
        and key.partition(".")[0] not in families
        and f'"{key.partition(".")[2]}"' not in code
        and key.partition(".")[2] not in set(PasswordFault)
    }
    assert not unsaid
