"""A terminal of some width, for tests: what a command prints on one."""

import os
import sys
from pathlib import Path

from support.starts import start_on_terminal

if sys.platform != "win32":
    import fcntl
    import pty
    import struct
    import termios


def on_terminal(width: int, *arguments: str | Path, cwd: Path, **changes: str) -> tuple[int, str]:
    """The exit code and all that `imagery-watch` prints on a terminal of as many columns, escapes and all."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    words = [str(word) for word in arguments]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "dumb"}
    try:
        code, said = start_on_terminal(words, cwd, {**environment, **changes}, ours, os.ttyname(theirs), timeout=60)
    finally:
        os.close(theirs)
        os.close(ours)
    return code, said.decode().replace("\r\n", "\n")
