"""Runs LocalStack so that nothing outlives it, whatever happens.

LocalStack is stopped when this process gets SIGTERM, and also when its standard input closes: that is how the death of the
program that started us is noticed, even after a `kill -9`.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys

from localstack_node_functions.sweep import MARK, reap, sweep

# with event source mappings polling, LocalStack may take minutes to end: nothing is worth that wait, its state is in memory
GRACE_SECONDS = 2
PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    asked_to_stop = False

    def stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    _adopt_orphans()

    localstack = subprocess.Popen(
        [sys.executable, "-m", "localstack.runtime.main"],
        stdin=subprocess.DEVNULL,
        env={**os.environ, MARK: str(os.getpid())},
    )
    try:
        while localstack.poll() is None and not asked_to_stop and not _input_closed(within=0.2):
            reap(besides=localstack.pid)
        if localstack.poll() is None:
            localstack.terminate()
            _wait(localstack, GRACE_SECONDS)
        return 0 if asked_to_stop else localstack.returncode or 0
    finally:
        sweep(os.getpid())
        localstack.poll()


def _adopt_orphans() -> None:
    """On Linux a process whose parent died becomes our child, so it stays among our descendants."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _input_closed(within: float) -> bool:
    try:
        readable, _, _ = select.select([sys.stdin], [], [], within)
    except InterruptedError:
        return False
    return bool(readable) and os.read(sys.stdin.fileno(), 1024) == b""


def _wait(process: subprocess.Popen, seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


if __name__ == "__main__":
    sys.exit(main())
