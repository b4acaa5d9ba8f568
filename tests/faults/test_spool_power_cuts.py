"""Power cuts under the spool: FULL loses nothing that was acknowledged, mutants do."""

import random
from pathlib import Path

from edge.seams import SpoolUnusableError
from edge.spool import Spool
from tests.faults.power import PowerDisk
from tests.faults.spooling import SPOOL_ID, scan, waybills
from wire.bodies import PrivateBody
from wire.names import parse_at

CUTS = 300
SCANS = 250
NOW = parse_at("2026-11-22T02:00:00.000Z")


class CarelessSpool(Spool):
    """The mutant: commits return before the disk has them."""

    def __init__(self, path: Path, new_id: str, *, vfs: str) -> None:
        super().__init__(path, new_id, vfs=vfs)
        self._connection.pragma("synchronous", "off")


class HurriedSpool(Spool):
    """The mutant that is often shipped: only a checkpoint waits for the disk."""

    def __init__(self, path: Path, new_id: str, *, vfs: str) -> None:
        super().__init__(path, new_id, vfs=vfs)
        self._connection.pragma("synchronous", "normal")


KINDS = (Spool, CarelessSpool, HurriedSpool)


def _record(spool: Spool, disk: PowerDisk) -> None:
    for number in range(SCANS):
        body = PrivateBody(salt="a" * 32, body=f'{{"code_hex":"{number:04x}","text":null}}')
        spool.append([scan(number)], {f"{number:064x}": body}, {"dock-1": b"session"})
        disk.acknowledge(scan(number).waybill)
        if number % 40 == 39:
            spool.mark_receipted(SPOOL_ID, number // 2)
            spool.tidy(NOW)


def _losses(kind: type[Spool], directory: Path, rng: random.Random) -> tuple[int, int]:
    """Cut the power 300 times in one recorded run: (cuts that lost a promise, cuts in all)."""
    disk = PowerDisk(f"power-{kind.__name__}")
    origin = directory / "origin"
    origin.mkdir()
    spool = kind(origin / "spool.sqlite", SPOOL_ID, vfs=disk.name)
    lost = cuts = 0
    try:
        opened = len(disk.log)
        _record(spool, disk)
        for number, cut in enumerate(disk.cuts(CUTS, opened, rng)):
            restored = directory / f"cut-{number}"
            restored.mkdir()
            disk.restore(cut, restored, rng)
            promised = disk.acknowledged_before(cut)
            try:
                kept = waybills(restored / "spool.sqlite")
            except SpoolUnusableError:
                kept = []
            lost += not set(promised) <= set(kept) or (not kept and bool(promised))
            cuts += 1
    finally:
        spool.close()
        disk.close()
    return lost, cuts


def cut_the_spool(folder: Path, rng: random.Random) -> dict[str, float]:
    """The honest spool and both mutants, each in one recorded run."""
    lost = {kind: _losses(kind, _made(folder / kind.__name__), rng)[0] for kind in KINDS}
    assert lost[Spool] == 0
    assert min(lost[CarelessSpool], lost[HurriedSpool]) > CUTS // 2
    return {"cuts": CUTS, **{f"lost_by_{kind.__name__}": count for kind, count in lost.items()}}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_three_hundred_power_cuts_lose_no_acknowledged_scan(tmp_path: Path) -> None:
    assert _losses(Spool, tmp_path, random.Random(7)) == (0, CUTS)


def test_the_synchronous_off_mutant_is_caught(tmp_path: Path) -> None:
    lost, cuts = _losses(CarelessSpool, tmp_path, random.Random(7))
    print(f"synchronous=OFF lost acknowledged scans in {lost} of {cuts} power cuts")
    assert lost > CUTS // 2


def test_the_synchronous_normal_mutant_is_caught(tmp_path: Path) -> None:
    lost, cuts = _losses(HurriedSpool, tmp_path, random.Random(7))
    print(f"synchronous=NORMAL lost acknowledged scans in {lost} of {cuts} power cuts")
    assert lost > CUTS // 2
