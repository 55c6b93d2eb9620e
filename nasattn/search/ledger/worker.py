"""Who a working process is, so that another can tell whether it is still there."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

_KERNEL_BOOT, _PID_NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")

_GONE = "gone"


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that works on a study.

    Attributes:
        token: Its name in the storage; no two processes ever have the same.
        host: Where its process number means something: a machine since its last start, and in
            it a container.
        pid: Its process number.
        born: When the kernel started it, in the kernel's own units: numbers are given again.
    """

    token: str
    host: str
    pid: int
    born: str

    @property
    def is_certainly_gone(self) -> bool:
        """Whether the process has ended; what runs elsewhere is never certainly gone."""
        if self.host != _host():
            return False
        found = _born(self.pid)
        # Of another user's process one may see that it is there, and no more.
        return found == _GONE or (found != self.born and bool(found and self.born))


def this_worker() -> Worker:
    """Return the process that asks, under a new token."""
    pid = os.getpid()
    return Worker(f"{socket.gethostname()}-{pid}-{secrets.token_hex(4)}", _host(), pid, _born(pid))


def _host() -> str:
    boot = _KERNEL_BOOT.read_text().strip() if _KERNEL_BOOT.is_file() else ""
    namespace = str(_PID_NAMESPACE.readlink()) if _PID_NAMESPACE.exists() else ""
    return f"{socket.gethostname()} {boot} {namespace}".strip()


def _born(pid: int) -> str:
    """Return when a process of this machine was started; empty where that cannot be seen."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return _GONE
    except PermissionError:
        pass  # another user's
    try:
        # The second field is the program's name in brackets, which may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    state, started = fields[0], fields[19]
    return _GONE if state in "ZX" else started
