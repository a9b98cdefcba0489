"""Which Node.js binary runs which Lambda runtime: a function runs on the major version that it asks for."""

import json
import os
import re


def binary_for(runtime: str | None) -> str:
    """Path of the binary for a runtime such as `nodejs22.x`."""
    binaries: dict[str, str] = json.loads(os.environ.get("LAMBDA_NODE_BINARIES", "{}"))
    major = re.fullmatch(r"nodejs(\d+)\.x", runtime or "")
    if major is None:
        raise ValueError(f"runtime {runtime} cannot run here, only Node.js functions from a zip file can")
    if major[1] not in binaries:
        raise ValueError(f"runtime {runtime} cannot run here, use one of {', '.join(f'nodejs{known}.x' for known in binaries)}")
    return binaries[major[1]]
