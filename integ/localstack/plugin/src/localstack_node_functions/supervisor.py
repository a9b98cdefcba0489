"""Runs LocalStack so that nothing outlives it, whatever happens.

LocalStack is stopped when this process gets SIGTERM, and also when its standard input closes: that is how the death of the
program that started us is noticed, even after a `kill -9`. LocalStack puts DynamoDB's `java` and Kinesis' `node` into sessions
of their own, and a function may detach its children, so a signal to one process group would miss some: see `_remaining`.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

import psutil

MARK = "LOCALSTACK_SUPERVISOR"
# with event source mappings polling, LocalStack may take minutes to end: nothing is worth that wait, its state is in memory
GRACE_SECONDS = 3
SWEEP_SECONDS = 4
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
            _reap_orphans(besides=localstack.pid)
        if localstack.poll() is None:
            localstack.terminate()
            _wait(localstack, GRACE_SECONDS)
        return 0 if asked_to_stop else localstack.returncode or 0
    finally:
        _sweep()
        localstack.poll()


def _adopt_orphans() -> None:
    """On Linux a process whose parent died becomes our child, so it stays among our descendants."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(besides: int | None = None) -> None:
    for process in psutil.Process().children():
        if process.pid != besides:
            try:
                os.waitpid(process.pid, os.WNOHANG)
            except ChildProcessError:
                pass


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


def _remaining() -> list[psutil.Process]:
    """Everything of ours that still runs: our session, our descendants, and whatever carries our mark in its environment."""
    own = psutil.Process()
    found = {process.pid: process for process in own.children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == os.getsid(0) or process.environ().get(MARK) == str(own.pid):
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue
    found.pop(own.pid, None)
    return [process for process in found.values() if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _sweep() -> None:
    deadline = time.monotonic() + SWEEP_SECONDS
    while (remaining := _remaining()) and time.monotonic() < deadline:
        for process in remaining:
            try:
                process.kill()
            except psutil.Error:
                pass
        _reap_orphans()
        time.sleep(0.02)
    _reap_orphans()


if __name__ == "__main__":
    sys.exit(main())
