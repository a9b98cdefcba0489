"""The side of LocalStack in the bargain with its supervisor: when the supervisor is gone, so is LocalStack."""

import os
import signal
import threading
import time

from localstack_node_functions.sweep import MARK, sweep


def end_with_supervisor() -> None:
    """Ends all, ourselves last, once the supervisor has died without stopping us (a `kill -9` of it)."""
    supervisor = os.environ.get(MARK)
    if supervisor is None:
        return

    def watch() -> None:
        while os.getppid() == int(supervisor):
            time.sleep(0.5)
        sweep(int(supervisor))
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
