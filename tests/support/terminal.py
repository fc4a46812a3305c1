"""A terminal of some width, for tests: what a command prints on one."""

import os
import subprocess
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl
    import pty
    import struct
    import termios


def on_terminal(width: int, *arguments: str | Path, cwd: Path, **changes: str) -> tuple[int, str]:
    """The exit code and all that `imagery-watch` prints on a terminal of as many columns, escapes and all."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "imagery_watch", *map(str, arguments)],
        cwd=cwd, env={**environment, "TERM": "dumb", **changes}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    said = bytearray()
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:  # how Linux tells that nobody writes to it any more
        pass
    os.close(ours)
    return process.wait(60), said.decode().replace("\r\n", "\n")
