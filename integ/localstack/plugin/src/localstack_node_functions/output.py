"""What a function process writes, line by line."""

import os
import select
import threading
from typing import IO


class Output:
    """Collects the lines of a pipe, so that nothing written before an answer is missing from the log of that answer."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lines: list[str] = []
        self._rest = b""
        self._at_end = False
        self._lock = threading.Lock()
        os.set_blocking(pipe.fileno(), False)
        threading.Thread(target=self._read_as_it_comes, name="function-output", daemon=True).start()

    def take(self) -> list[str]:
        """The lines since the last call. A function writes to a pipe synchronously: what it wrote before it answered is there."""
        with self._lock:
            self._read_available()
            lines, self._lines = self._lines, []
            return lines

    def take_all(self) -> list[str]:
        """The same once the process has ended, with an unfinished last line."""
        lines = self.take()
        with self._lock:
            rest, self._rest = self._rest, b""
        return [*lines, rest.decode(errors="replace")] if rest else lines

    def _read_as_it_comes(self) -> None:
        # an end that is never read would fill the pipe and block the function
        poll = select.poll()
        poll.register(self._pipe.fileno(), select.POLLIN)
        while not self._at_end:
            poll.poll()
            with self._lock:
                self._read_available()
        with self._lock:
            self._pipe.close()

    def _read_available(self) -> None:
        while not self._at_end:
            try:
                chunk = os.read(self._pipe.fileno(), 65_536)
            except BlockingIOError:
                return
            self._at_end = not chunk
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._lines += [line.decode(errors="replace") for line in lines]
