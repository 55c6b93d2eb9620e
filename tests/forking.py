"""Real processes of the command that start in no time: forks of one that has all imported.

Importing torch and Optuna takes seconds, and a test of the life cycle starts many processes. Each
is a process of its own all the same, with its own signals and exit code; nothing has been computed
before the fork.
"""

import atexit
import gc
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PRELOADED = (
    *("nasattn.cli.main", "nasattn.report.live", "nasattn.search.opening"),
    *("nasattn.search.study.study_file", "alembic.command", "torchvision"),
    "torch._inductor",  # making an optimiser imports it
)


class Forked:
    """A running command, with what the tests need of ``subprocess.Popen``.

    Args:
        arguments: What follows ``nasattn``.
        env: Its whole environment.
        cwd: Where it runs; here if left out.
        largest_file: Bytes that no file of its may exceed: the disk is then full, for real.
    """

    def __init__(
        self,
        *arguments: object,
        env: Mapping[str, str],
        cwd: Path | None = None,
        largest_file: int | None = None,
    ) -> None:
        self.args = ["nasattn", *map(str, arguments)]
        self.returncode: int | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="nasattn-"))
        self.pid: int = _ask(
            arguments=self.args,
            env=dict(env),
            cwd=str(cwd or Path.cwd()),
            folder=str(self._folder),
            largest_file=largest_file,
        )

    def poll(self) -> int | None:
        """Return the exit code, or None where it still runs."""
        if self.returncode is None:
            self.returncode = _ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float = 300) -> int:
        """Wait for the end and return the exit code."""
        limit = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > limit:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(0.02)
        return code

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Wait for the end and return what was printed, and what on standard error."""
        self.wait(timeout)
        out, err = ((self._folder / name).read_text("utf-8") for name in ("out", "err"))
        shutil.rmtree(self._folder)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


@cache
def _server() -> "subprocess.Popen[str]":
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forking"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    atexit.register(server.kill)
    return server


def _ask(**request: Any) -> Any:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


def _serve() -> None:
    """Answer requests, one a line, to fork and to tell how a fork has ended."""
    for name in PRELOADED:
        import_module(name)
    gc.freeze()  # a fork would copy every page that a collection marks
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            done, status = os.waitpid(request["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if done else None
        else:
            answer = os.fork()
            if not answer:
                return _become(**request)
        print(json.dumps(answer), flush=True)
    return None


def _become(
    arguments: list[str], env: dict[str, str], cwd: str, folder: str, largest_file: int | None
) -> None:
    """Turn a fork into the command."""
    from nasattn.cli.main import main

    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, f"{folder}/out", os.O_WRONLY | os.O_CREAT),
        (2, f"{folder}/err", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(name, flags), number)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[0] = cwd
    sys.argv = arguments
    main()


if __name__ == "__main__":
    _serve()
