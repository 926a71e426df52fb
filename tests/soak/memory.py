"""The memory of a process over time, and whether it grows."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from math import nan

from ..bench.serving.process import resident_mib


@dataclass
class Memory:
    """Samples of one process: seconds since its start, MiB."""

    pid: int
    samples: list[tuple[float, float]] = field(default_factory=list)

    def sample(self, seconds: float) -> None:
        """Look at it now."""
        self.samples.append((seconds, resident_mib(self.pid)))

    def settled(self, warm_up: float) -> list[tuple[float, float]]:
        """The samples after `warm_up` seconds."""
        return [each for each in self.samples if each[0] >= warm_up]

    def growth(self, warm_up: float) -> float:
        """MiB by which it is larger in the last quarter of the time after `warm_up` than in the first."""
        first, last = self.quarters(warm_up)
        return last - first

    def quarters(self, warm_up: float) -> tuple[float, float]:
        """MiB in the first and the last quarter of the time after `warm_up`.

        It is the lower quartile of each: what a slow reader lets pile up for a moment is no growth.
        Not a number where the soak ended too early to tell.
        """
        sizes = [size for _, size in self.settled(warm_up)]
        if len(sizes) < 8:
            return nan, nan
        quarter = len(sizes) // 4
        first, last = statistics.quantiles(sizes[:quarter])[0], statistics.quantiles(sizes[-quarter:])[0]
        return first, last

    def slope(self, warm_up: float) -> float:
        """KiB a minute, by least squares, after `warm_up`."""
        samples = self.settled(warm_up)
        if len(samples) < 2:
            return nan
        seconds, sizes = zip(*samples, strict=True)
        return statistics.linear_regression(seconds, sizes).slope * 60 * 1024
