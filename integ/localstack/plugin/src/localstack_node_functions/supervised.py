"""The side of LocalStack in the bargain with its supervisor: when the supervisor is gone, so is LocalStack."""

import os
import signal
import threading
import time


def end_with_supervisor() -> None:
    """Kills this process group once the supervisor has died without stopping us (a `kill -9` of it).

    Functions notice by themselves: their Runtime API no longer answers.
    """
    supervisor = os.environ.get("LOCALSTACK_SUPERVISOR")
    if supervisor is None:
        return

    def watch() -> None:
        while os.getppid() == int(supervisor):
            time.sleep(0.5)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
