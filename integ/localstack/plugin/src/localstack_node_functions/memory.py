"""How much memory a function process uses, and its end when that is more than it was given."""

import re
import threading
from pathlib import Path

import psutil

INTERVAL_SECONDS = 0.025


class MemoryWatch:
    """Measures the resident set of a process while it works. Lambda counts the same way, over the whole sandbox."""

    def __init__(self, process_id: int, limit_mb: int, on_exceeded) -> None:
        self.exceeded = False
        self._process = psutil.Process(process_id)
        self._limit = limit_mb * 1024 * 1024
        self._on_exceeded = on_exceeded
        self._peak = 0
        self._working = threading.Event()
        self._closed = False
        threading.Thread(target=self._watch, name="function-memory", daemon=True).start()

    def resume(self) -> None:
        self._working.set()

    def pause(self) -> None:
        """An idle process does not grow, so it is not worth measuring."""
        self._measure()
        self._working.clear()

    def close(self) -> None:
        self._closed = True
        self._working.set()

    @property
    def peak_mb(self) -> int:
        return -(-self._peak // (1024 * 1024))

    def _watch(self) -> None:
        tick = threading.Event()
        while self._working.wait() and not self._closed:
            self._measure()
            if self._peak > self._limit:
                self.exceeded = True
                self._on_exceeded()
                return
            tick.wait(INTERVAL_SECONDS)

    def _measure(self) -> None:
        try:
            self._peak = max(self._peak, self._process.memory_info().rss, _high_water(self._process.pid))
        except psutil.Error:
            pass


def _high_water(process_id: int) -> int:
    """The kernel's own record of the peak, where there is one (Linux): it misses nothing between two measurements."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
