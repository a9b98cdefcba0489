"""How an invocation or an initialisation ended, in the words of Lambda.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html and .../nodejs-exceptions.html
"""

import json
import signal
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What is answered to the caller, and what the log says about it."""

    payload: bytes
    error_type: str | None = None
    status: str = "success"
    log_lines: list[str] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        return self.status != "success"


def succeeded(payload: bytes) -> Outcome:
    return Outcome(payload)


def failed(payload: bytes) -> Outcome:
    """The runtime reported an error: the payload is its own, with the name of what was thrown as `errorType`."""
    try:
        error_type = json.loads(payload).get("errorType")
    except (ValueError, AttributeError):
        error_type = "Runtime.Unknown"
    return Outcome(payload, error_type, "error")


def timed_out(request_id: str, seconds: float, moment: str) -> Outcome:
    text = f"Task timed out after {seconds:.2f} seconds"
    return Outcome(
        _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {text}"),
        "Sandbox.Timedout",
        "timeout",
        [f"{moment} {request_id} {text}", ""],
    )


def exited(request_id: str, return_code: int) -> Outcome:
    """The process ended before it answered; a negative code is the number of a signal, as Python has it."""
    return _ended(request_id, "Runtime.ExitError", _exit_reason(return_code))


def out_of_memory(request_id: str) -> Outcome:
    return _ended(request_id, "Runtime.OutOfMemory", "Runtime exited with error: signal: killed")


def response_too_large(limit: int) -> Outcome:
    error_type = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return Outcome(_error(error_type, message), error_type, "error", [message])


def _ended(request_id: str, error_type: str, reason: str) -> Outcome:
    message = f"RequestId: {request_id} Error: {reason}"
    return Outcome(_error(error_type, message), error_type, "error", [message, error_type])


def _exit_reason(return_code: int) -> str:
    if return_code == 0:
        return "Runtime exited without providing a reason"
    if return_code > 0:
        return f"Runtime exited with error: exit status {return_code}"
    names = {signal.SIGKILL: "killed", signal.SIGABRT: "aborted", signal.SIGSEGV: "segmentation fault", signal.SIGTERM: "terminated"}
    return f"Runtime exited with error: signal: {names.get(signal.Signals(-return_code), signal.Signals(-return_code).name)}"


def _error(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
