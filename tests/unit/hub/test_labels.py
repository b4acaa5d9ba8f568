"""The printed labels can be read back, whatever stands beside the bars. Source: interface."""

import re

import cv2
import numpy as np
import pytest
import zxingcpp

from devices.frames import Frame
from devices.symbology import CommandLabel, read_label
from hub.label_sheet import LABELS_MAX, barcode_svg, sheet_page
from hub.labels import (
    CONTAINER_WORDS,
    END,
    Label,
    badge_label,
    container_labels,
    place_labels,
    step_labels,
)
from hub.network import Network, Place, Staff
from hub.web.choice import Language
from tests.unit.edge.fakes import POLICY
from wire.names import Step
from wire.site_pack import Duty

LI = Staff(badge="1001", name="李<雷>", duty=Duty.COURIER, site="755A")
NETWORK = Network(
    staff=(LI,),
    place=(
        Place(site="755A", id="cage-1", kind="cage"),
        Place(site="020W", id="dock-1", kind="dock"),
    ),
)
EVERY = [
    *step_labels(),
    *place_labels(NETWORK, "755A"),
    *(each for verb in CONTAINER_WORDS for each in container_labels(verb, ["A" * 32])),
    badge_label(LI, "0123456789012345678901"),
]


def read(svg: str) -> list[zxingcpp.Barcode]:
    """Draw an SVG of bars, three pixels a module, and read it as a scanner would."""
    (size,) = re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)
    width, height = (int(each) for each in size)
    picture = np.full((height, width), 255, np.uint8)
    # Each bar is a box: M x y h w v h h -w Z.
    for x, y, w, h in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", svg):
        picture[int(y) : int(y) + int(h), int(x) : int(x) + int(w)] = 0
    large = cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    return list(zxingcpp.read_barcodes(large))


@pytest.mark.parametrize("label", EVERY, ids=lambda label: label.code)
def test_a_printed_label_is_read_back_as_what_it_says(label: Label) -> None:
    (found,) = read(barcode_svg(label.code))
    assert (found.text, found.format) == (label.code, zxingcpp.BarcodeFormat.Code128)
    assert label.zh
    assert label.en


def test_every_step_and_the_end_have_a_label() -> None:
    codes = {label.code for label in step_labels()}
    assert codes == {f"CX:STEP:{step}" for step in Step} | {END.code}


def test_a_site_gets_its_own_places() -> None:
    assert [label.code for label in place_labels(NETWORK, "755A")] == ["CX:PLACE:cage-1"]
    assert place_labels(NETWORK, "") == []


@pytest.mark.parametrize("bad", ["", "a b", "A" * 33, "a\n", "袋"])
def test_an_id_that_no_edge_would_take_gets_no_label(bad: str) -> None:
    with pytest.raises(ValueError, match="no container id"):
        container_labels("BAG", [bad])


@pytest.mark.parametrize("language", Language)
def test_a_page_holds_both_languages_and_escapes_what_strangers_wrote(language: Language) -> None:
    page = sheet_page([("badges", [badge_label(LI, "1001")]), ("steps", step_labels())], language)
    assert f'<html lang="{language.tag}">' in page
    assert "李&lt;雷&gt; · 1001" in page
    assert "李<雷>" not in page
    assert "交接" in page
    assert "handover" in page
    assert ("作业步骤" in page) is (language is Language.ZH)
    assert "size: A4" in page
    assert page.count("<svg") == 1 + len(step_labels())


def test_a_page_has_a_bound() -> None:
    labels = [END] * LABELS_MAX
    assert sheet_page([("steps", labels)], Language.EN)
    with pytest.raises(ValueError, match="at most"):
        sheet_page([("steps", [*labels, END])], Language.EN)


def test_what_is_printed_is_a_command_label_of_the_edge() -> None:
    for label in EVERY:
        frame = Frame(label.code.encode(), "C0", False, len(label.code))
        assert isinstance(read_label(frame, POLICY), CommandLabel), label.code
