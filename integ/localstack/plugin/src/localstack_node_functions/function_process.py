"""One `node` process that serves the invocations of one execution environment, until it ends or is ended."""

import queue
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from localstack_node_functions import outcome, process_tree
from localstack_node_functions.memory import MemoryWatch
from localstack_node_functions.outcome import Outcome
from localstack_node_functions.output import Output
from localstack_node_functions.runtime_api import MAX_RESPONSE, Invocation, Report, RuntimeApi

BOOTSTRAP = Path(__file__).parent / "node" / "bootstrap.mjs"


@dataclass(frozen=True)
class Launch:
    """All that is needed to start a process of an environment, the first one and those that replace it."""

    environment_id: str
    node: str
    task_root: str
    memory_mb: int
    variables: dict[str, str]


@dataclass(frozen=True)
class TimeLimit:
    """When time is up, and what the user was told it would be."""

    deadline: float
    seconds: float

    @classmethod
    def of(cls, seconds: float) -> "TimeLimit":
        return cls(time.monotonic() + seconds, seconds)


class NotTaken(Exception):
    """The process ended before it took the invocation, so the invocation can be given to another one."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("the process ended before it took the invocation")
        self.outcome = outcome


class FunctionProcess:
    """Starts with its construction; `initialize` and `invoke` wait for what comes of it; `kill` leaves nothing behind."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._api = RuntimeApi()
        self._process = subprocess.Popen(
            [launch.node, *_heap_limits(launch.memory_mb), str(BOOTSTRAP)],
            cwd=launch.task_root,
            env={**launch.variables, "AWS_LAMBDA_RUNTIME_API": self._api.address, **process_tree.marks(launch.environment_id)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # a group of its own: what the function starts can be ended with it
            process_group=0,
        )
        self._output = Output(self._process.stdout)
        self._memory = MemoryWatch(self._process.pid, launch.memory_mb, on_exceeded=self._process.kill)
        self._memory.resume()
        threading.Thread(target=self._report_end, name="function-end", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def peak_memory_mb(self) -> int:
        return self._memory.peak_mb

    def initialize(self, request_id: str, limit: TimeLimit) -> Outcome | None:
        """Waits until the function is loaded; gives back what went wrong, if anything did."""
        report = self._wait_for(limit, "ready", "init-error", "ended")
        if report is None:
            return outcome.timed_out(request_id, limit.seconds, _now())
        if report.kind == "init-error":
            return outcome.failed(report.body)
        return self._end_of(request_id, report) if report.kind == "ended" else None

    def invoke(self, invocation: Invocation, limit: TimeLimit) -> Outcome:
        """Gives the invocation to the process and waits for its answer, its end, or the end of the time."""
        self._memory.resume()
        self._api.offer(invocation)
        while (report := self._wait_for(limit, "response", "too-large", "error", "ended")) is not None:
            if report.kind == "ended":
                end = self._end_of(invocation.request_id, report)
                if not self._api.was_taken(invocation.request_id):
                    raise NotTaken(end)
                return end
            # an answer to an earlier invocation says nothing about this one
            if report.request_id == invocation.request_id:
                self._memory.pause()
                return _answer(report)
        return outcome.timed_out(invocation.request_id, limit.seconds, _now())

    def new_lines(self) -> list[str]:
        return self._output.take_all() if self.ended else self._output.take()

    def kill(self) -> None:
        self._memory.close()
        process_tree.kill(self._process.pid, self._launch.environment_id)
        self._process.wait()
        self._api.close()

    def _wait_for(self, limit: TimeLimit, *kinds: str) -> Report | None:
        while True:
            try:
                report = self._api.reports.get(timeout=max(limit.deadline - time.monotonic(), 0))
            except queue.Empty:
                return None
            if report.kind in kinds:
                return report

    def _end_of(self, request_id: str, report: Report) -> Outcome:
        return outcome.out_of_memory(request_id) if self._memory.exceeded else outcome.exited(request_id, report.return_code)

    def _report_end(self) -> None:
        return_code = self._process.wait()
        self._api.reports.put(Report("ended", return_code=return_code))


def _heap_limits(memory_mb: int) -> list[str]:
    """The shares that Lambda's own start script gives to the heap."""
    return [f"--max-old-space-size={memory_mb * 90 // 100}", f"--max-semi-space-size={max(memory_mb * 5 // 100, 1)}"]


def _answer(report: Report) -> Outcome:
    if report.kind == "too-large":
        return outcome.response_too_large(MAX_RESPONSE)
    return outcome.succeeded(report.body) if report.kind == "response" else outcome.failed(report.body)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
