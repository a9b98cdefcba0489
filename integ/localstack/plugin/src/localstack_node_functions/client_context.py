"""The client context of an invocation, which LocalStack knows but does not pass on to a runtime executor."""

import base64
import contextvars
import json

_current: contextvars.ContextVar[str | None] = contextvars.ContextVar("client_context", default=None)


def hand_over() -> None:
    """Remembers the context while LocalStack calls the executor, which happens in the same thread."""
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    invoke = ExecutionEnvironment.invoke

    def invoke_with_context(self, invocation):
        token = _current.set(invocation.client_context)
        try:
            return invoke(self, invocation)
        finally:
            _current.reset(token)

    ExecutionEnvironment.invoke = invoke_with_context


def current() -> str | None:
    """The context as a function's runtime expects it: JSON, in ASCII, since it travels in an HTTP header."""
    encoded = _current.get()
    if not encoded:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(encoded)))
    except ValueError:
        return None
