"""Ends a process together with everything that it started."""

import os
import signal

import psutil

from localstack_node_functions import sweep

MARK = "LAMBDA_ENVIRONMENT_ID"


def marks(environment_id: str) -> dict[str, str]:
    """By these variables, which children inherit, they are found after they have detached themselves."""
    return {MARK: environment_id, sweep.MARK: os.environ.get(sweep.MARK, "")}


def kill(process_id: int, environment_id: str) -> None:
    """Kills the process, its group and its descendants, and those that detached themselves but carry the mark."""
    victims = _descendants(process_id)
    try:
        # the process was started as the leader of its own group
        os.killpg(process_id, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    for victim in [*victims, *_marked(environment_id)]:
        try:
            victim.kill()
        except psutil.Error:
            pass


def _descendants(process_id: int) -> list[psutil.Process]:
    try:
        return psutil.Process(process_id).children(recursive=True)
    except psutil.Error:
        return []


def _marked(environment_id: str) -> list[psutil.Process]:
    marked = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == environment_id:
                marked.append(process)
        except (psutil.Error, OSError):
            continue
    return marked
