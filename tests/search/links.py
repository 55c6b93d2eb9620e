"""Machines of their own on this one: network namespaces, each with a wire that can be cut."""

import os
import shutil
import subprocess
from pathlib import Path

_NETWORK = "10.77.{}"
_IP = shutil.which("ip") or "/usr/sbin/ip"


class Wire:
    """A network namespace, joined to this machine by two virtual interfaces.

    Args:
        number: No two that are there at once have the same.

    Raises:
        PermissionError: this process may make none; root may, outside most containers.
    """

    def __init__(self, number: int) -> None:
        self._name = f"nasattn-{os.getpid()}-{number}"
        self._outer = f"na{os.getpid() % 10**6}-{number}"
        network = _NETWORK.format(number)
        self.outside = f"{network}.1"
        inner = f"i{self._outer}"[:15]
        if not Path(_IP).exists():
            raise PermissionError("there is no `ip`: apt-get install iproute2")
        try:
            _ip("netns", "add", self._name)
            _ip("link", "add", self._outer, "type", "veth", "peer", "name", inner)
            _ip("link", "set", inner, "netns", self._name)
            _ip("addr", "add", f"{self.outside}/24", "dev", self._outer)
            _ip("link", "set", self._outer, "up")
            self._inside("ip", "link", "set", "lo", "up")
            self._inside("ip", "addr", "add", f"{network}.2/24", "dev", inner)
            self._inside("ip", "link", "set", inner, "up")
        except subprocess.CalledProcessError as error:
            self.remove()
            raise PermissionError(error.stderr.strip()) from None

    def command(self, *words: object) -> list[str]:
        """Return a command line that runs in there."""
        return [_IP, "netns", "exec", self._name, *map(str, words)]

    def _inside(self, *words: str) -> None:
        subprocess.run(self.command(*words), check=True, capture_output=True, text=True)

    def cut(self) -> None:
        """Let nothing through any more, and tell nobody."""
        _ip("link", "set", self._outer, "down")

    def mend(self) -> None:
        """Let everything through again."""
        _ip("link", "set", self._outer, "up")

    def remove(self) -> None:
        """Take it away."""
        for words in (("link", "del", self._outer), ("netns", "del", self._name)):
            _ip(*words, check=False)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run([_IP, *words], check=check, capture_output=True, text=True)
