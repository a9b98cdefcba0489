"""The Lambda Runtime API of one function process, on a loop-back port of its own.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

PREFIX = "/2018-06-01/runtime"
# of a synchronous response, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_RESPONSE = 6_291_556


@dataclass(frozen=True)
class Invocation:
    """What the function process gets for its `next`."""

    request_id: str
    function_arn: str
    trace_id: str
    payload: bytes
    deadline_ms: int
    client_context: str | None


@dataclass(frozen=True)
class Report:
    """What the function process, or its end, has to say."""

    kind: Literal["ready", "init-error", "response", "too-large", "error", "ended"]
    body: bytes = b""
    request_id: str | None = None
    return_code: int = 0


class RuntimeApi:
    """Hands out invocations and gathers reports. One process asks, so one invocation at a time."""

    def __init__(self) -> None:
        self.reports: queue.Queue[Report] = queue.Queue()
        self._invocations: queue.Queue[Invocation | None] = queue.Queue()
        self._taken: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="runtime-api", daemon=True).start()

    def offer(self, invocation: Invocation) -> None:
        self._invocations.put(invocation)

    def was_taken(self, request_id: str) -> bool:
        return self._taken == request_id

    def close(self) -> None:
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> Invocation | None:
        self.reports.put(Report("ready"))
        invocation = self._invocations.get()
        self._taken = invocation.request_id if invocation else None
        return invocation


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # small answers must not wait for more to send
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path != f"{PREFIX}/invocation/next":
                return self._answer(404)
            invocation = api.take()
            if invocation is None:
                self.close_connection = True
                return None
            headers = {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            }
            if invocation.client_context:
                headers["Lambda-Runtime-Client-Context"] = invocation.client_context
            return self._answer(200, invocation.payload, headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == f"{PREFIX}/init/error":
                api.reports.put(Report("init-error", body))
                return self._answer(202)
            *_, request_id, kind = self.path.split("/")
            if kind == "response" and len(body) > MAX_RESPONSE:
                api.reports.put(Report("too-large", request_id=request_id))
                return self._answer(413, json.dumps({"errorType": "RequestEntityTooLarge"}).encode())
            api.reports.put(Report("response" if kind == "response" else "error", body, request_id))
            return self._answer(202)

        def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
