"""``custos-sim``: a simulated scanner, simulated cameras, a simulated carrier, and the demo.

Shell. A wrong call is one sentence on stderr and exit 2.
"""

import contextlib
import itertools
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from simulators.cable import Cable, CableTakenError, PtyCable
from simulators.day_clock import TestClockError, clock_of
from simulators.demo import SEED_MAX, run_demo
from simulators.demo_day import PARCELS_PER_DAY, PARCELS_PER_DAY_MAX, PARCELS_PER_DAY_MIN
from simulators.pull_log import PullLog
from simulators.refused import RefusedError
from simulators.scanner import Faults, ScannerProtocol, check_faults
from simulators.scanning import read_lines, work_through
from simulators.simulated_scanner import SimulatedScanner
from simulators.tcp_cable import DialCable, TcpCable

PORT_MAX = 65535
SPEED_MAX = 4.0
"""Above it the wanted entries would not reach the stations before their parcels."""
PARCELS_MAX = 100_000
HOST_POLL_S = 0.5

app = typer.Typer(
    help="Simulated devices at the far end of real cables.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; never returns."""
    try:
        code = app(standalone_mode=False)
    except (TyperException, CableTakenError, RefusedError) as error:
        said = error.format_message() if isinstance(error, TyperException) else str(error)
        print(f"custos-sim: {' '.join(said.split())}", file=sys.stderr)
        sys.exit(2)
    sys.exit(code)


@app.command()
def scanner(
    protocol: Annotated[ScannerProtocol, typer.Option(help="What the scanner speaks.")],
    pty: Annotated[Path | None, typer.Option(help="Path of the serial port to make.")] = None,
    tcp: Annotated[str | None, typer.Option(help="HOST:PORT to listen on.")] = None,
    dial: Annotated[str | None, typer.Option(help="HOST:PORT of an edge to dial.")] = None,
    codes: Annotated[str, typer.Option(help="A file, one code a line; - is what you type.")] = "-",
    loop: Annotated[bool, typer.Option("--loop", help="Begin the file again at its end.")] = False,
    every_ms: Annotated[int, typer.Option(min=0, help="Pause after each code.")] = 0,
    log: Annotated[Path | None, typer.Option(help="Append each pull as a JSON line.")] = None,
    split: Annotated[int | None, typer.Option(help="Send in pieces of so many bytes.")] = None,
    delay_ms: Annotated[int, typer.Option(help="Wait before each frame.")] = 0,
    garble: Annotated[int, typer.Option(help="Bytes of line noise before each frame.")] = 0,
    repeat: Annotated[int, typer.Option(help="Deliver each code so many times.")] = 1,
    reprogrammed: Annotated[bool, typer.Option("--reprogrammed", help="Lose the AIM id.")] = False,
) -> None:
    r"""Be one scanner on a pty or a TCP port, or one that dials an edge.

    Codes come one a line: 755000000001, or ]E01030000000014 with an AIM id, or with \x1b and the
    like for control characters. :unplug and :replug pull the plug and put it in again.
    """
    try:
        faults = Faults(
            split_bytes=split,
            delay_ms=delay_ms,
            noise_bytes=garble,
            copies=repeat,
            reprogrammed=reprogrammed,
        )
        check_faults(protocol, faults)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    lines = _read_codes(codes, loop)
    pull_log = _open_log(log)
    with SimulatedScanner(
        _make_cable(pty, tcp, dial), protocol, faults=faults, log=pull_log
    ) as device:
        _say(f"A {protocol} scanner at {device.cable.url}")
        with _interrupted_by_signals():
            if codes != "-" or not sys.stdin.isatty():
                _wait_host(device)
            work_through(device, lines, every_ms, _say)


@app.command()
def camera(
    camera: Annotated[list[str], typer.Option(help="ID=belt|cage|clip and ,key=value; repeat it.")],
    listen: Annotated[str, typer.Option(help="HOST:PORT for RTSP.")] = "127.0.0.1:8554",
    control: Annotated[str | None, typer.Option(help="HOST:PORT for orders, e.g. ID black")] = None,
    login: Annotated[str | None, typer.Option(help="USER:PASSWORD that clients give.")] = None,
    onvif: Annotated[str | None, typer.Option(help="HOST:PORT where each tells its time.")] = None,
) -> None:
    """Be cameras over belts and cages, all on one port, until Ctrl-C.

    belt: seed, speed (px/s), angle (degrees), bare=1 (empty). cage: seed. Both: size=1280x720, fps,
    kbit, no, ahead (ms its clock is fast). clip: file=PATH, an mp4 played over and over. Orders,
    one a line, are answered one a line: ID or * and lost, stall, freeze, black, covered, defocus,
    moved, noise, ok, lights on, lights off, person, parcel WAYBILL (onto a belt), clock OFFSET_MS
    [PPM], or onvif ok, hang, drip, garbage, bomb, fault, login, local, long. Under
    CUSTOS_TEST_CLOCK, ONVIF tells that clock's time.
    """
    # Imported here: a scanner starts without them, and without the libraries they need.
    from simulators.cameras.camera_options import OptionsError, parse_cameras
    from simulators.cameras.clip import ClipError
    from simulators.cameras.simulated_cameras import ListenError, SimulatedCameras

    try:
        cameras = SimulatedCameras(
            parse_cameras(camera),
            listen=_address("--listen", listen),
            control=None if control is None else _address("--control", control),
            login=login,
            onvif=None if onvif is None else _address("--onvif", onvif),
            now_ms=clock_of(os.environ.get("CUSTOS_TEST_CLOCK")),
        )
        with _interrupted_by_signals(), cameras:
            for camera_id in cameras.camera_ids:
                _say(f"A camera at {cameras.url(camera_id)}")
                if onvif is not None:
                    _say(f"  tells its time at {cameras.onvif_url(camera_id)}")
            if cameras.control_port is not None:
                _say(f"orders at port {cameras.control_port}")
            cameras.wait_end()
    except (OptionsError, ClipError, ListenError, TestClockError) as error:
        raise RefusedError(str(error)) from error


@app.command()
def carrier(
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    seed: Annotated[int | None, typer.Option(help="Play the same days again.")] = None,
    parcels: Annotated[int, typer.Option(min=1, max=PARCELS_MAX, help="All parcels.")] = 5_000,
) -> None:
    """Simulate a carrier's days: its network file, all pulls and calls, and the truth.

    Writes network.toml, doings.jsonl and truth.jsonl, and prints the rates that were drawn.
    """
    # Imported here: a scanner starts without it.
    from simulators.carrier.day import simulate
    from simulators.carrier.files import write_days

    days = simulate(random.SystemRandom().randrange(SEED_MAX) if seed is None else seed, parcels)
    write_days(days, out)
    for line in days.lines():
        _say(line)


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("var/demo"),
    http_port: Annotated[int, typer.Option(min=1, max=65535, help="The console's port.")] = 8000,
    seed: Annotated[int | None, typer.Option(help="Play the same day again.")] = None,
    beats: Annotated[int | None, typer.Option(min=1, help="Stop after so many beats.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=SPEED_MAX, help="Shorter pauses.")] = 1.0,
    parcels: Annotated[
        int,
        typer.Option(min=PARCELS_PER_DAY_MIN, max=PARCELS_PER_DAY_MAX, help="Parcels a day."),
    ] = PARCELS_PER_DAY,
    cameras: Annotated[
        bool, typer.Option("--cameras/--without-cameras", help="Three of them, a third of a core.")
    ] = True,
) -> None:
    """Play a carrier's day on this machine, with hub and four edges, until Ctrl-C."""
    raise typer.Exit(run_demo(data_dir, http_port, seed, beats, speed, parcels, cameras=cameras))


@contextlib.contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Ctrl-C, or SIGTERM from whatever started it, is how such a program ends."""
    # SIGINT too: a shell starts a background job with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _wait_host(device: SimulatedScanner) -> None:
    _say("waiting for an edge to open it")
    while not device.wait_host(HOST_POLL_S):
        pass


def _say(line: str) -> None:
    print(line, flush=True)


def _make_cable(pty: Path | None, tcp: str | None, dial: str | None) -> Cable:
    if sum(way is not None for way in (pty, tcp, dial)) != 1:
        raise RefusedError("give one of --pty PATH, --tcp HOST:PORT and --dial HOST:PORT")
    if pty is not None:
        return PtyCable(pty)
    if tcp is not None:
        return TcpCable(*_address("--tcp", tcp))
    return DialCable(*_address("--dial", dial or ""))


def _address(option: str, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > PORT_MAX:
        raise RefusedError(f"{option} is HOST:PORT, e.g. 127.0.0.1:9101, not {text}")
    return host, int(port)


def _read_codes(codes: str, loop: bool) -> Iterator[bytes]:
    if codes == "-":
        if loop:
            raise RefusedError("--loop needs --codes FILE")
        return read_lines(sys.stdin.buffer)
    path = Path(codes)
    try:
        # Read here, so that a wrong file is said before the port exists.
        lines = [line for line in path.read_bytes().splitlines() if line]
    except OSError as error:
        raise RefusedError(f"cannot read {path}: {error.strerror}") from error
    if not lines:
        raise RefusedError(f"{path} holds no code")
    return itertools.cycle(lines) if loop else iter(lines)


def _open_log(path: Path | None) -> PullLog | None:
    try:
        return None if path is None else PullLog(path)
    except OSError as error:
        raise RefusedError(f"cannot write {path}: {error.strerror}") from error
