"""A PostgreSQL server of one's own, in a temporary folder, that asks for a password."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

SECRET = "battery"  # noqa: S105 - the part of the password that is looked for everywhere
_PASSWORD, _QUOTED = f"correct/horse@{SECRET}:staple", f"correct%2Fhorse%40{SECRET}%3Astaple"
_USER = "ann"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def programs() -> Path:
    """Return the folder of the newest PostgreSQL that is installed, as Debian lays it out."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    assert initdb, "PostgreSQL is not installed: apt-get install postgresql"
    return Path(initdb).parent


class Server:
    """A server that runs until `stop`; it does not run as root.

    Args:
        host: The address that it listens at.
        settings: Of its configuration.
    """

    def __init__(self, host: str = "127.0.0.1", **settings: object) -> None:
        self.host, self.port = host, free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="nasattn-postgresql-"))
        self._settings = {
            "listen_addresses": host,
            "port": self.port,
            "unix_socket_directories": self._folder,
            **settings,
        }
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        words = self._folder / "password"
        words.write_text(_PASSWORD, encoding="utf-8")
        if self._user is not None:
            os.chown(words, self._user, -1)
        self._run("initdb", "--username", _USER, "--pwfile", words, "--auth", "scram-sha-256")
        with (self._data / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write("host all all all scram-sha-256\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def url(self) -> str:
        """Return the URL of its database, with the password."""
        return f"postgresql://{_USER}:{_QUOTED}@{self.host}:{self.port}/postgres"

    @property
    def shown(self) -> str:
        """Return the URL without the password."""
        return self.url.replace(f":{_QUOTED}", "")

    def _run(self, program: str, *words: object) -> None:
        done = subprocess.run(
            [programs() / program, "--pgdata", self._data, *map(str, words)],
            user=self._user,
            cwd=self._folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        words = [f"--{name}={value}" for name, value in self._settings.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, *words],
                user=self._user,
                cwd=self._folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdout=log,
                stderr=log,
            )
        limit = monotonic() + 60
        while not self._is_ready():
            log_text = (self._folder / "log").read_text(encoding="utf-8")
            assert self._process.poll() is None, log_text
            assert monotonic() < limit, log_text
            sleep(0.05)

    def _is_ready(self) -> bool:
        words = ("-h", self.host, "-p", str(self.port), "-d", "postgres", "-q")
        return subprocess.run([programs() / "pg_isready", *words], check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT cuts all connections, SIGQUIT and SIGKILL are a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None

    def remove(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self._folder)

    def processor_seconds(self) -> float:
        """Return what it has used of the processors, its processes that have ended too."""
        assert self._process is not None
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # of a process that has just ended
                fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
                if int(path.parent.name) == self._process.pid:
                    ticks += sum(map(int, fields[11:15]))
                elif int(fields[1]) == self._process.pid:
                    ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def asked(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query; none where the tables or the server are not there."""
        import psycopg

        try:
            return self.sql(query)
        except psycopg.Error:
            return []


def _unprivileged() -> int | None:
    """Return the user to run as where this one is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise AssertionError("no user but root to run PostgreSQL as")
