"""One Lambda execution environment as LocalStack sees it: it is started, invoked one event at a time, and stopped."""

import os
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InitializationType, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localstack_node_functions import client_context
from localstack_node_functions.function_process import FunctionProcess, Launch, NotTaken, TimeLimit
from localstack_node_functions.log_format import LogFormat
from localstack_node_functions.node_binaries import binary_for
from localstack_node_functions.outcome import Outcome, exited
from localstack_node_functions.runtime_api import Invocation

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
INIT_SECONDS = 10
HOST = "127.0.0.1"


@dataclass(frozen=True)
class _Started:
    process: FunctionProcess | None
    failure: Outcome | None
    milliseconds: float


class NodeProcessExecutor(RuntimeExecutor):
    """Keeps one Node.js process warm, and starts a fresh one after a timeout, an exit or a failed initialisation."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._process: FunctionProcess | None = None
        self._pending_lines: list[str] = []
        self._init_milliseconds: float | None = None
        self._peak_memory_mb = 0
        self._lock = threading.Lock()
        self._stopped = False
        self._temporary: str | None = None
        self._launch: Launch | None = None
        self._format: LogFormat | None = None

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        binary_for(function_version.config.runtime)
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.destroy_cached()

    def start(self, env_vars: dict[str, str]) -> None:
        """The init phase. When it fails, Lambda tries again within the first invocation, and reports that to the caller."""
        settings = self.function_version.config
        self._temporary = tempfile.mkdtemp(prefix="lambda-")
        node = binary_for(settings.runtime)
        task_root = str(settings.code.get_unzipped_code_location())
        self._launch = Launch(self.id, node, task_root, int(settings.memory_size), self._variables(env_vars, node, task_root))
        self._format = LogFormat(
            version=self.function_version.id.qualifier,
            memory_mb=int(settings.memory_size),
            runtime=settings.runtime.removesuffix(".x").replace("nodejs", "nodejs:"),
            as_json=env_vars.get("AWS_LAMBDA_LOG_FORMAT") == "JSON",
        )
        self._pending_lines.append(self._format.init_start())
        started = self._start_process(self.id, "init", TimeLimit.of(INIT_SECONDS))
        if started.failure is None:
            self._init_milliseconds = started.milliseconds
        elif env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE") == InitializationType.provisioned_concurrency:
            raise StatusErrorException("The function could not be initialised", payload=started.failure.payload)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        version = self.function_version
        seconds = float(version.config.timeout)
        begin = time.monotonic()
        lines = [*self._take_pending_lines(), self._format.start(request_id)]

        outcome = self._answer(request_id, payload, TimeLimit.of(seconds))
        milliseconds = (time.monotonic() - begin) * 1000

        process = self._process
        if process:
            self._peak_memory_mb = process.peak_memory_mb
        if process and outcome.is_error and (outcome.status == "timeout" or process.ended):
            self._discard(process)
        lines += [*self._take_pending_lines(), *outcome.log_lines, *self._format.end(request_id)]
        lines.append(self._format.report(request_id, min(milliseconds, seconds * 1000), self._peak_memory_mb, outcome, self._init_milliseconds))
        self._init_milliseconds = None
        return InvocationResult(request_id=request_id, payload=outcome.payload, is_error=outcome.is_error, logs="\n".join(lines))

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            process, self._process = self._process, None
        if process:
            process.kill()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def get_logs(self) -> str:
        return "\n".join(self._pending_lines)

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        # LocalStack's own init binary reports there; ours reports to the Runtime API of its environment
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def _answer(self, request_id: str, payload: dict[str, str], limit: TimeLimit) -> Outcome:
        """Invokes the warm process, or a fresh one whose initialisation then counts towards the function's timeout."""
        invocation = Invocation(
            request_id=request_id,
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
            payload=payload["payload"].encode(),
            deadline_ms=int((time.time() + limit.seconds) * 1000),
            client_context=client_context.current(),
        )
        # a process may have ended after its last answer, for example of an error in a timer: the event goes to the next one, once
        for is_last in (False, True):
            process = self._process
            if process is None or process.ended:
                if process:
                    self._discard(process)
                started = self._start_process(request_id, "invoke", limit)
                if started.failure:
                    return started.failure
                process = started.process
            try:
                return process.invoke(invocation, limit)
            except NotTaken as not_taken:
                if is_last or self._stopped:
                    return not_taken.outcome
        raise AssertionError("the loop returns")

    def _start_process(self, request_id: str, phase: str, limit: TimeLimit) -> _Started:
        begin = time.monotonic()
        process = FunctionProcess(self._launch)
        with self._lock:
            stopped = self._stopped
            self._process = None if stopped else process
        if stopped:
            process.kill()
            return _Started(None, exited(request_id, -9), 0)
        failure = process.initialize(request_id, limit)
        milliseconds = (time.monotonic() - begin) * 1000
        if failure:
            self._discard(process)
            self._pending_lines += [*failure.log_lines, self._format.init_failed(milliseconds, phase, failure)] if phase == "init" else []
        return _Started(process, failure, milliseconds)

    def _discard(self, process: FunctionProcess) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        process.kill()
        self._peak_memory_mb = process.peak_memory_mb
        self._pending_lines += process.new_lines()

    def _take_pending_lines(self) -> list[str]:
        lines, self._pending_lines = self._pending_lines, []
        return [*lines, *(self._process.new_lines() if self._process else [])]

    def _variables(self, env_vars: dict[str, str], node: str, task_root: str) -> dict[str, str]:
        """What LocalStack sets, plus what Lambda's base image does. Nothing of the machine's own environment gets in.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        return {
            "PATH": f"{os.path.dirname(node)}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TMPDIR": self._temporary,
            **{name: str(value) for name, value in env_vars.items()},
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
            "LAMBDA_TASK_ROOT": task_root,
            "LAMBDA_RUNTIME_DIR": os.path.dirname(node),
        }
