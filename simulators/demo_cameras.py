"""The demo's three cameras: started as ``custos-sim camera``, and told what they see.

Shell. Parcels that are scanned in or sorted at the hub run over its belt under their own labels.
Once a day a camera goes black for a while. Without the video libraries the demo runs without them.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from simulators.carrier.pulls import Pull
from simulators.children import ChildDiedError, Children
from simulators.demo_day import HUB
from simulators.demo_site import CameraPorts
from wire.names import Step

HOST = "127.0.0.1"
CAMERAS = {
    "belt": "belt,bare=1,speed=700,seed=11,size=1280x720,fps=10,kbit=900",
    "dock": "belt,speed=12,angle=20,seed=12,size=1280x720,fps=5,kbit=400,ahead=192000",
    "cage": "cage,seed=13,size=1280x720,fps=5,kbit=400",
}
"""By id, as ``custos-sim camera`` takes them. Who looks on needs no more pictures, and this machine
runs a whole carrier besides."""
TELLS_TIME = "dock"
"""This one is asked for its own time; somebody has set it badly."""

ORDERS_PREFIX = "orders at port "
NEEDED = "import av, cv2, zxingcpp, pyzbar.pyzbar, aio_rtsp_toolkit"
START_S_MAX = 30.0
_POLL_S = 0.1
ANSWER_S_MAX = 2.0
APART_S = 2.2
"""From one parcel on the belt to the next, so that they do not overlap."""
WAIT_S_MAX = 5.0
"""A parcel that would have to wait longer for the belt does not come by: the day runs fast, and it
would be seen when it has left already."""
LAID_AT = frozenset({Step.ARRIVE.value, Step.UNLOAD.value, Step.SORT.value})
_STEP_LABEL = "CX:STEP:"
FAULTY = "dock"
FAULT_AFTER = timedelta(hours=3)
"""From the day's opening."""
FAULT_LASTS = timedelta(minutes=30)


class Told(Protocol):
    """Whom it is told that something happened to a camera."""

    def tell(self, site: str, device: str, words: str) -> None:
        """One line under the day's time."""


def missing_libraries() -> str | None:
    """What this machine lacks for cameras, in the importing program's own words; None: nothing."""
    asked = subprocess.run(
        [sys.executable, "-c", NEEDED], capture_output=True, text=True, check=False
    )
    if asked.returncode == 0:
        return None
    return (asked.stderr.strip().splitlines() or ["unknown"])[-1]


def camera_urls(port: int) -> Mapping[str, str]:
    """Where each camera is, by id."""
    return {each: f"rtsp://{HOST}:{port}/{each}" for each in CAMERAS}


def onvif_urls(port: int) -> Mapping[str, str]:
    """Where the cameras that are asked for their own time tell it, by id."""
    return {TELLS_TIME: f"http://{HOST}:{port}/{TELLS_TIME}/onvif/device_service"}


def start_cameras(children: Children, ports: CameraPorts, test_clock: str) -> None:
    """Start the cameras' program and wait until it takes orders.

    ``test_clock``: what their ONVIF clocks are wrong against.

    Raises:
        ChildDiedError: it ended, or was not ready in time.
        StopRequestedError: a signal came.
    """
    # Scans are judged within milliseconds, pictures may come late.
    argv = ["nice", "-n", "10", sys.executable, "-m", "simulators", "camera"]
    argv += ["--listen", f"{HOST}:{ports.pictures}", "--control", f"{HOST}:{ports.orders}"]
    argv += ["--onvif", f"{HOST}:{ports.onvif}"]
    for name, options in CAMERAS.items():
        argv += ["--camera", f"{name}={options}"]
    child = children.start("cameras", argv, test_clock)
    deadline = time.monotonic() + START_S_MAX
    while child.printed(ORDERS_PREFIX) is None:
        if time.monotonic() > deadline:
            raise ChildDiedError(f"the cameras were not ready in time:\n{child.last_lines()}")
        children.pause(_POLL_S)


class BeltHand:
    """Lays parcels onto the hub's belt as they are scanned there, and lets a camera fail."""

    def __init__(self, control_port: int, told: Told) -> None:
        self._control_port = control_port
        self._told = told
        self._steps: dict[str, str] = {}
        self._waiting: list[tuple[str, float]] = []
        self._free_at_s = 0.0
        self._black_at: datetime | None = None
        self._is_black = False

    def see(self, pull: Pull) -> None:
        """Somebody pulled a trigger."""
        if pull.site != HUB:
            return
        if pull.code.startswith(_STEP_LABEL):
            self._steps[pull.device] = pull.code.removeprefix(_STEP_LABEL)
        elif pull.code.isdigit() and self._steps.get(pull.device) in LAID_AT:
            self._waiting.append((pull.code, time.monotonic()))

    def look(self, now: datetime) -> None:
        """Lay what waits, one parcel at a time; let the day's fault begin and end."""
        now_s = time.monotonic()
        self._waiting = [each for each in self._waiting if now_s - each[1] <= WAIT_S_MAX]
        if self._waiting and now_s >= self._free_at_s:
            waybill, _ = self._waiting.pop(0)
            self._free_at_s = now_s + APART_S
            self._order(f"belt parcel {waybill}")
        if self._black_at is None:
            self._black_at = now + FAULT_AFTER
        if not self._is_black and now >= self._black_at:
            self._is_black = True
            self._order(f"{FAULTY} black")
            self._told.tell(HUB, FAULTY, "摄像头画面变黑 the camera goes black")
        elif self._is_black and now >= self._black_at + FAULT_LASTS:
            self._is_black = False
            self._black_at += timedelta(days=1)
            self._order(f"{FAULTY} ok")
            self._told.tell(HUB, FAULTY, "摄像头恢复 the camera is well again")

    def _order(self, line: str) -> None:
        try:
            with socket.create_connection((HOST, self._control_port), ANSWER_S_MAX) as talk:
                talk.sendall(f"{line}\n".encode())
                answer = talk.makefile("r", encoding="utf-8").readline().strip()
        except OSError as error:
            answer = str(error)
        if answer != "ok":
            self._told.tell(HUB, "", f"摄像头未听令 the cameras do not obey: {line}: {answer}")
