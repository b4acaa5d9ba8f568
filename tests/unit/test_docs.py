"""Documents name what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)#:]+)\)", document.read_text("utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


def test_every_decision_stands_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\((\d{4}-[^)]+)\)", (folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "bench"])
def test_every_make_target_that_is_written_about_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"(?m)^{target}:", makefile)
    assert f"make {target}" in (ROOT / "README.md").read_text("utf-8")
