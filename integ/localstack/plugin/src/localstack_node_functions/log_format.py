"""The lines that Lambda itself writes into a function's log, as text or as JSON.

https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html and .../telemetry-schema-reference.html
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime

from localstack_node_functions.outcome import Outcome


@dataclass(frozen=True)
class LogFormat:
    """Writes the platform's lines of one function version."""

    version: str
    memory_mb: int
    runtime: str
    as_json: bool

    def init_start(self) -> str:
        if self.as_json:
            return _event("initStart", {"initializationType": "on-demand", "phase": "init", "runtimeVersion": self.runtime})
        return f"INIT_START Runtime Version: {self.runtime}"

    def init_failed(self, milliseconds: float, phase: str, outcome: Outcome) -> str:
        if self.as_json:
            metrics = {"durationMs": round(milliseconds, 3)}
            return _event("initReport", {"phase": phase, "status": outcome.status, "errorType": outcome.error_type, "metrics": metrics})
        error_type = f"\tError Type: {outcome.error_type}" if outcome.status == "error" else ""
        return f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: {phase}\tStatus: {outcome.status}{error_type}"

    def start(self, request_id: str) -> str:
        if self.as_json:
            return _event("start", {"requestId": request_id, "version": self.version})
        return f"START RequestId: {request_id} Version: {self.version}"

    def end(self, request_id: str) -> list[str]:
        # the JSON format has no such event
        return [] if self.as_json else [f"END RequestId: {request_id}"]

    def report(self, request_id: str, milliseconds: float, peak_mb: int, outcome: Outcome, init_milliseconds: float | None) -> str:
        billed = math.ceil(milliseconds)
        # more than was given is never reported: the process was ended for it
        used = min(peak_mb, self.memory_mb)
        if self.as_json:
            metrics = {"durationMs": round(milliseconds, 3), "billedDurationMs": billed, "memorySizeMB": self.memory_mb, "maxMemoryUsedMB": used}
            if init_milliseconds is not None:
                metrics["initDurationMs"] = round(init_milliseconds, 3)
            return _event("report", {"requestId": request_id, "status": outcome.status, "metrics": metrics})
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {used} MB",
        ]
        if init_milliseconds is not None:
            parts.append(f"Init Duration: {init_milliseconds:.2f} ms")
        if outcome.status == "timeout" or (outcome.error_type or "").startswith("Runtime."):
            parts.append(f"Status: {outcome.status}")
            if outcome.status == "error":
                parts.append(f"Error Type: {outcome.error_type}")
        return "\t".join([*parts, ""])


def _event(kind: str, record: dict) -> str:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": moment, "type": f"platform.{kind}", "record": record})
