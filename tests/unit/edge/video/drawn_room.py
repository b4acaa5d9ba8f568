"""A store room drawn at 320 x 180: shelves, a belt, people, lamps; and a camera's faults."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.pictures import Grey

WIDTH, HEIGHT = 320, 180
MARGIN = 80
"""More room than the camera shows, so that it can be turned."""


@dataclass(frozen=True)
class Visit:
    """A person who walks from one side to the other."""

    start_s: float
    takes_s: float
    height: int
    grey: int


class Room:
    """Everything in it depends on its seed and the time alone."""

    def __init__(self, seed: int, *, hours: float = 1.0, noise: float = 1.5) -> None:
        self._dice = np.random.default_rng(seed)
        self._view = self._draw_room()
        self._visits = self._plan_visits(hours)
        self._dark = self._plan_dark(hours)
        self._noise = [
            self._dice.normal(0, noise, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(7)
        ]
        self._parcels = self._dice.integers(60, 220, 64)

    def _draw_room(self) -> NDArray[np.float32]:
        height, width = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
        view = np.linspace(150, 90, height, dtype=np.float32)[:, None].repeat(width, 1)
        for row in range(10, height - 60, 46):  # shelves with boxes on them
            left = 6
            while left < width - 40:
                box_width, box_height = self._dice.integers(12, 44), self._dice.integers(10, 34)
                if self._dice.random() < 0.8:
                    grey = float(self._dice.integers(40, 225))
                    view[row + 38 - box_height : row + 38, left : left + box_width] = grey
                    label = view[row + 30 - box_height // 3 : row + 34, left + 3 : left + 9]
                    label[:] = 240
                left += int(box_width) + int(self._dice.integers(2, 24))
            view[row + 38 : row + 41] = 45
        return cv2.GaussianBlur(view, (0, 0), 0.6)

    def _plan_visits(self, hours: float) -> list[Visit]:
        count = int(40 * hours)
        starts = self._dice.uniform(0, 3600 * hours, count)
        return [
            Visit(
                float(start),
                float(self._dice.uniform(6, 40)),
                int(self._dice.integers(60, 170)),
                int(self._dice.integers(30, 200)),
            )
            for start in starts
        ]

    def _plan_dark(self, hours: float) -> list[tuple[float, float]]:
        """Lamps out for half a minute to some minutes, four times an hour."""
        starts = self._dice.uniform(120, 3600 * hours, max(1, int(4 * hours)))
        return [(float(s), float(s + self._dice.uniform(30, 300))) for s in starts]

    def is_dark(self, at_s: float) -> bool:
        return any(start <= at_s < end for start, end in self._dark)

    def light(self, at_s: float) -> float:
        drift = 1 + 0.15 * float(np.sin(at_s / 900))
        return drift * (0.18 if self.is_dark(at_s) else 1.0)

    def picture(self, at_s: float, *, shift: tuple[int, int] = (0, 0), blur: float = 0.0) -> Grey:
        """What the camera shows; ``shift`` in px of 320, ``blur`` as sigma in the same."""
        x, y = MARGIN + shift[0], MARGIN + shift[1]
        view = self._view[y : y + HEIGHT, x : x + WIDTH].copy()
        self._draw_belt(view, at_s, shift)
        for visit in self._visits:
            if visit.start_s <= at_s < visit.start_s + visit.takes_s:
                self._draw_person(view, visit, at_s, shift)
        if blur:
            view = cv2.GaussianBlur(view, (0, 0), blur)
        view = view * self.light(at_s) + self._noise_at(at_s)
        return np.clip(view + 0.5, 0, 255).astype(np.uint8)

    def _noise_at(self, at_s: float) -> NDArray[np.float32]:
        tick = int(at_s * 25)
        return np.roll(self._noise[tick % 7], tick * 37, axis=tick % 2)

    def _draw_belt(self, view: NDArray[np.float32], at_s: float, shift: tuple[int, int]) -> None:
        top = 140 - shift[1]
        view[max(0, top) : max(0, top + 30)] = 70
        for n in range(8):
            left = int(n * 53 + at_s * 31) % (WIDTH + 60) - 60 - shift[0]
            grey = float(self._parcels[int((n * 53 + at_s * 31) // (WIDTH + 60)) * 8 + n & 63])
            cv2.rectangle(view, (left, top + 4), (left + 36, top + 26), grey, -1)

    @staticmethod
    def _draw_person(
        view: NDArray[np.float32], visit: Visit, at_s: float, shift: tuple[int, int]
    ) -> None:
        way = (at_s - visit.start_s) / visit.takes_s
        centre = int(-40 + way * (WIDTH + 80)) - shift[0]
        half, top = visit.height // 6, HEIGHT - visit.height - shift[1]
        body = float(visit.grey)
        cv2.rectangle(view, (centre - half, top + half), (centre + half, HEIGHT), body, -1)
        cv2.circle(view, (centre, top + half // 2), half // 2 + 2, body * 0.7 + 40, -1)

    def black(self, at_s: float) -> Grey:
        return np.clip(16 + self._noise_at(at_s) * 0.3, 0, 255).astype(np.uint8)

    def covered(self, at_s: float) -> Grey:
        """A hand or tape: dark, nearly plain, out of focus."""
        across = np.linspace(0, 3, WIDTH, dtype=np.float32)[None, :]
        cloth = 45 + 10 * np.sin(across + np.linspace(0, 2, HEIGHT, dtype=np.float32)[:, None])
        return np.clip(cloth + self._noise_at(at_s), 0, 255).astype(np.uint8)
