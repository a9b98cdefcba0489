"""Ends everything that belongs to a supervisor, wherever it has gone.

LocalStack puts DynamoDB's `java` and Kinesis' `node` into sessions of their own, and a function may detach its children,
so a signal to one process group would miss some.
"""

import os
import sys
import time

import psutil

# in the environment of LocalStack and of all that it starts: the id of the supervisor
MARK = "LOCALSTACK_SUPERVISOR"
SECONDS = 3


def sweep(supervisor: int) -> None:
    """Kills until nothing is left; the process that calls this is spared."""
    deadline = time.monotonic() + SECONDS
    while (remaining := _remaining(supervisor)) and time.monotonic() < deadline:
        for process in remaining:
            try:
                process.kill()
            except psutil.Error:
                pass
        reap()
        time.sleep(0.02)
    reap()


def reap(besides: int | None = None) -> None:
    """Takes note of children that have ended, so that they do not stay as zombies."""
    for process in psutil.Process().children():
        if process.pid != besides:
            try:
                os.waitpid(process.pid, os.WNOHANG)
            except ChildProcessError:
                pass


def _remaining(supervisor: int) -> list[psutil.Process]:
    """The session of the supervisor, our own descendants, and whatever carries the mark in its environment."""
    own = psutil.Process()
    found = {process.pid: process for process in own.children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == supervisor or process.environ().get(MARK) == str(supervisor):
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


if __name__ == "__main__":
    sweep(int(sys.argv[1]))
