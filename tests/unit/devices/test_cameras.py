"""Whose other end a camera's stream has: what the operating system says, and no password (P6)."""

import pytest

from devices.cameras import source_of


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("rtsp://viewer:s3cret@127.0.0.1:8554/belt?key=s3cret", "tcp:localhost"),
        ("rtsp://10.1.2.3/s3cret", "tcp:elsewhere"),
        ("rtsp://viewer:s3cret@[::1]:8554/belt", "tcp:localhost"),
        ("/films/s3cret.mp4", "file:"),
        ("file:///films/s3cret.mp4", "file:"),
        (f"rtsp://{'a' * 64}.example/s3cret", "tcp:unknown"),
    ],
)
def test_a_source_tells_nothing_of_the_address_but_whether_it_is_this_machine(
    url: str, source: str
) -> None:
    assert source_of(url) == source
