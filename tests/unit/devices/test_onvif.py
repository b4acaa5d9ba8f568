"""What a camera's ONVIF answer says of its time, and every way in which it may not."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.onvif import (
    ANSWER_BYTES_MAX,
    DEPTH_MAX,
    LEAP_S_MAX,
    QUESTION,
    Failure,
    OnvifError,
    said_s,
)
from simulators.cameras.onvif import answer_of
from simulators.cameras.orders import Clock, OnvifFault, Orders

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
# As an Axis and a Hikvision camera spell it: other prefixes, SOAP 1.1 or 1.2, other order, spaces.
ANSWERS = {
    "SOAP 1.2": """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">
<SOAP-ENV:Header/><SOAP-ENV:Body><tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>
<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>
<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime>
<tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>
<tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>22</tt:Day></tt:Date>
</tt:UTCDateTime><tt:LocalDateTime>
<tt:Time><tt:Hour>9</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>
<tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>22</tt:Day></tt:Date>
</tt:LocalDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse></SOAP-ENV:Body>
</SOAP-ENV:Envelope>""",
    "SOAP 1.1": """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<GetSystemDateAndTimeResponse xmlns="http://www.onvif.org/ver10/device/wsdl"><SystemDateAndTime>
<a:UTCDateTime xmlns:a="http://www.onvif.org/ver10/schema"><a:Date><a:Day>22</a:Day><a:Month> 11
</a:Month><a:Year>2026</a:Year></a:Date><a:Time><a:Second>03</a:Second><a:Minute>02</a:Minute>
<a:Hour><![CDATA[01]]></a:Hour></a:Time></a:UTCDateTime></SystemDateAndTime>
</GetSystemDateAndTimeResponse></e:Body></e:Envelope>""",
}
PLAIN = ANSWERS["SOAP 1.2"]
FAULT = """<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Reason>
<e:Text>no</e:Text><e:Text>nein</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"""


def failure_of(answer: str | bytes) -> Failure:
    with pytest.raises(OnvifError) as caught:
        said_s(answer if isinstance(answer, bytes) else answer.encode())
    assert str(caught.value) == caught.value.failure
    return caught.value.failure


def changed(old: str, new: str) -> str:
    assert old in PLAIN
    return PLAIN.replace(old, new)


@pytest.mark.parametrize("spelling", ANSWERS)
def test_the_utc_time_is_read_however_a_camera_spells_it(spelling: str) -> None:
    assert said_s(ANSWERS[spelling].encode()) == AT.timestamp()


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)), st.integers(0, 10**9))
def test_what_a_simulated_camera_shows_is_what_is_read(at: datetime, ahead_ms: int) -> None:
    now_ms = int(at.replace(tzinfo=UTC).timestamp() * 1000)
    orders = Orders(clock=Clock(ahead_ms))
    _, _, body = answer_of(orders, now_ms).partition(b"\r\n\r\n")
    assert said_s(body) == orders.clock.shown_ms(now_ms) // 1000


def test_a_leap_second_is_one_and_more_are_none() -> None:
    leap = changed("<tt:Second>3<", f"<tt:Second>{LEAP_S_MAX}<")
    assert said_s(leap.encode()) == (AT + timedelta(seconds=58)).timestamp()
    assert failure_of(changed("<tt:Second>3<", "<tt:Second>62<")) is Failure.MALFORMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<tt:Month>11<", "<tt:Month>13<"),
        ("<tt:Day>22<", "<tt:Day>31<"),
        ("<tt:Hour>1<", "<tt:Hour>24<"),
        ("<tt:Year>2026<", "<tt:Year>0<"),
        ("<tt:Year>2026<", "<tt:Year>20260<"),
        ("<tt:Second>3<", "<tt:Second>-3<"),
        ("<tt:Second>3<", "<tt:Second>3.5<"),
        ("<tt:Second>3<", "<tt:Second>٣<"),
        ("<tt:Second>3<", "<tt:Second><"),
        ("<tt:Second>3</tt:Second></tt:Time>\n<tt:Date>", "</tt:Time>\n<tt:Date>"),
        ("<tt:Hour>1</tt:Hour>", "<tt:Hour>1</tt:Hour><tt:Hour>2</tt:Hour>"),
        ("</tds:SystemDateAndTime>", "</tds:SystemDateAndTime><tds:SystemDateAndTime/>"),
        ("</SOAP-ENV:Envelope>", ""),
        ("</SOAP-ENV:Envelope>", "</SOAP-ENV:Envelope><more/>"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE a>"),
        ("NTP", "&ntp;"),
        ("<SOAP-ENV:Header/>", "<a>" * DEPTH_MAX + "</a>" * DEPTH_MAX),
    ],
)
def test_a_time_that_does_not_exist_or_xml_that_is_none_is_malformed(old: str, new: str) -> None:
    assert failure_of(changed(old, new)) is Failure.MALFORMED


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><b>&b;</b>',
        '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><b>&a;</b>',
        '<!DOCTYPE b SYSTEM "http://10.0.0.1/b.dtd"><b/>',
        '<!DOCTYPE b [<!ENTITY % a SYSTEM "http://10.0.0.1/b"> %a;]><b/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_document_type_is_read_nor_what_it_defines_or_fetches(bomb: str, encoding: str) -> None:
    assert failure_of(bomb.encode(encoding)) is Failure.MALFORMED


def test_an_answer_names_no_codec_of_its_own() -> None:
    assert said_s(changed('encoding="UTF-8"', 'encoding="rot13"').encode()) == AT.timestamp()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (FAULT, Failure.FAULT),
        ("<html><body>login</body></html>", Failure.NOT_ONVIF),
        (PLAIN.replace("ver10/device", "ver10/media"), Failure.NOT_ONVIF),
        (PLAIN.replace("soap-envelope", "soup-envelope"), Failure.NOT_ONVIF),
        (QUESTION.decode(), Failure.NOT_ONVIF),
        (PLAIN.replace("tt:UTCDateTime", "tt:AnyDateTime"), Failure.NO_UTC),
        (PLAIN.replace("ver10/schema", "ver20/schema"), Failure.NO_UTC),
        ("", Failure.MALFORMED),
        ("not XML", Failure.MALFORMED),
        ("\x00", Failure.MALFORMED),
        (" " * ANSWER_BYTES_MAX + "<", Failure.TOO_LONG),
    ],
)
def test_each_answer_without_a_time_is_told_by_its_kind(answer: str, failure: Failure) -> None:
    assert failure_of(answer) is failure


def test_the_longest_answer_is_read() -> None:
    padded = PLAIN.encode().ljust(ANSWER_BYTES_MAX, b" ")
    assert said_s(padded) == AT.timestamp()


@given(st.binary(max_size=2_000))
def test_garbage_is_refused_in_our_own_error(answer: bytes) -> None:
    with pytest.raises(OnvifError):
        said_s(answer)


@given(st.data())
def test_a_broken_answer_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    answer = bytearray(PLAIN.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(answer) - 1))
        answer[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    try:
        found = said_s(bytes(answer))
    except OnvifError:
        return
    datetime.fromtimestamp(found, UTC)


def test_many_elements_below_long_names_cost_little_more_than_their_bytes() -> None:
    name = "n" * 1_000
    children = "".join(f"<c{number}/>" for number in range(1_500))
    answer = "<s>" + f"<{name}>" * 25 + children + f"</{name}>" * 25 + "</s>"
    assert len(answer) < ANSWER_BYTES_MAX
    tracemalloc.start()
    try:
        assert failure_of(answer) is Failure.NOT_ONVIF
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # As paths they would be 37 MB.
    assert peak_bytes < 2_000_000


def test_a_simulated_cameras_faults_are_what_they_are_called() -> None:
    wanted = {
        OnvifFault.BOMB: Failure.MALFORMED,
        OnvifFault.FAULT: Failure.FAULT,
        OnvifFault.LOCAL: Failure.NO_UTC,
        OnvifFault.LONG: Failure.TOO_LONG,
    }
    for fault, failure in wanted.items():
        _, _, body = answer_of(Orders(onvif=fault), 0).partition(b"\r\n\r\n")
        assert failure_of(body) is failure
