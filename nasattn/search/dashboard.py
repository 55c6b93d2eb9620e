"""optuna-dashboard on a study, to look at: what would change the study is refused."""

import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from nasattn.errors import UserError
from nasattn.extras import import_extra
from nasattn.search.existing import open_existing

_READING = {"GET", "HEAD"}


class Dashboard:
    """A server of one study's dashboard; ``url`` is where.

    Trials can neither be deleted nor told there: their records and the run folder would disagree.

    Args:
        runs_dir: Where the study's folder is.
        name: The study's.
        storage: Its storage's URL with the password, where the study keeps one without.
        host: The address that the server listens at.
        port: Its port; 0 takes any that is free.

    Raises:
        UserError: no such study, optuna-dashboard is not installed, or the port is taken.
        WriteError: the storage cannot be read.
    """

    def __init__(
        self, runs_dir: Path, name: str, storage: str | None, *, host: str, port: int
    ) -> None:
        library = import_extra("optuna_dashboard", "dashboard", "nasattn dashboard")
        found = open_existing(runs_dir, name, storage)
        self._server = _server(_read_only(library.wsgi(found.storage)), host, port)
        self.url = f"http://{host}:{self._server.server_port}/dashboard/studies/{found.study_id}"

    def serve(self) -> None:
        """Answer until the process is interrupted."""
        with self._server:
            self._server.serve_forever()


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing of requests."""


def _server(application: Any, host: str, port: int) -> WSGIServer:
    try:
        return make_server(host, port, application, _Threads, _Silent)
    except (OSError, OverflowError, socket.gaierror) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"--host {host} --port {port}: cannot be listened at: {reason}; another --port, or 0 "
            "for any that is free"
        ) from None


def _read_only(application: Any) -> Callable[..., Iterable[bytes]]:
    """Refuse requests that would change the study."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _READING:
            found: Iterable[bytes] = application(environ, start_response)
            return found
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "this dashboard only shows; nasattn steers the study"}']

    return answer
