"""The URL of a database: shown without its password, and how one connects by it."""

import os
import re
from collections.abc import Iterable
from typing import Any

from nasattn.errors import UserError

STORAGE_VARIABLE = "NASATTN_STORAGE"
"""The environment variable that may hold a storage's URL, so that no list of processes shows it."""

# The last "@" ends the password: one that should have been written %40 is not shown either. Where
# a URL was taken for a file's path, it has lost a "/".
_USER_PASSWORD = re.compile(r"(:/{1,2}[^\s:/@\[?]*):\S*@")
_QUERY_PASSWORD = re.compile(r"([?&])(?:ssl)?passw(?:or)?d=[^&\s]*&?")

# PostgreSQL's codes (its documentation, appendix A) for a server that stops or starts, is full,
# has cut off one who idled in a transaction, or asks for the transaction to be tried again.
_LOST = frozenset(
    {"57P01", "57P02", "57P03", "25P03", "53300", "40001", "40P01"}
    | {"08000", "08001", "08003", "08004", "08006"}
)
# What libpq tells in words alone, and no waiting would change.
_REFUSED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted")

# SQLAlchemy's code for a session that was used again after its connection was lost: Optuna does so
# where it reads trials, and closes it then.
_REUSED = "8s2b"
# A connection that is cut without a word is noticed within about ten seconds.
_CONNECT = {
    "application_name": "nasattn",
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def without_password(text: str) -> str:
    """Return a URL, or a text that has URLs in it, as files and messages may show it.

    >>> without_password("postgresql://ann:secret@host/studies")
    'postgresql://ann@host/studies'
    >>> without_password("postgresql://host/studies?password=secret&user=ann")
    'postgresql://host/studies?user=ann'
    """
    hidden = _QUERY_PASSWORD.sub(r"\1", _USER_PASSWORD.sub(r"\1@", text))
    return hidden if hidden == text else hidden.rstrip("?&")


def named(url: str) -> str:
    """Return what an error calls a storage whose URL may be none."""
    # Without "://" nobody knows what of it is a password.
    is_safe = "://" in url or "@" not in url
    return f'storage "{without_password(url)}"' if is_safe else "storage"


def hidden(text: str, words: Iterable[str]) -> str:
    """Return ``text`` without the passwords of any URL in it, or among ``words``.

    Args:
        text: A message or a traceback.
        words: Whole URLs, as the user gave them; their passwords may have spaces.
    """
    for word in words:
        start, mark, rest = word.partition("://")
        user, colon, password = rest.rpartition("@")[0].partition(":")
        if mark and colon and password and "/" not in user:
            text = text.replace(word, f"{start}://{user}@{rest.rpartition('@')[2]}")
    return without_password(text)


def environment_url() -> str | None:
    """Return the URL that the environment has."""
    return os.environ.get(STORAGE_VARIABLE) or None


def with_password(url: str) -> str:
    """Return the URL that the environment has of the same database, else ``url`` itself."""
    known = environment_url()
    return known if known and without_password(known) == url else url


def engine_url(url: str) -> str:
    """Return a URL as SQLAlchemy takes it, with the driver that this package brings.

    Raises:
        UserError: it has an "@" too many, so that part of a password would be taken for a host, or
            white space, where nobody can tell what of it belongs to a password.
    """
    is_server = "://" in url and not url.startswith("sqlite")
    if is_server and re.search(r"\s", url):
        raise UserError("storage: its URL has white space in it; write %20 for a space")
    if is_server and url.count("@") > 1:
        raise UserError(
            f'storage {without_password(url)}: has more than one "@"; write %40 for one that '
            "belongs to the password"
        )
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def connect_arguments(url: str) -> dict[str, Any]:
    """Return what the driver of PostgreSQL is told besides the URL; nothing for other databases."""
    if not url.startswith("postgresql"):
        return {}
    return {key: value for key, value in _CONNECT.items() if f"{key}=" not in url}


def is_lost(error: BaseException | None) -> bool:
    """Tell whether a database is out of reach for the moment, or wants the same asked again."""
    while error is not None:
        origin = getattr(error, "orig", None)
        if getattr(error, "connection_invalidated", False) or _is_lost(origin):
            return True
        if getattr(error, "code", None) == _REUSED:
            return True
        error = error.__cause__
    return False


def _is_lost(origin: BaseException | None) -> bool:
    if not type(origin).__module__.startswith("psycopg"):
        return False
    state = getattr(origin, "sqlstate", None)
    if state is not None:
        return state in _LOST
    is_connecting = type(origin).__name__ in {"OperationalError", "ConnectionTimeout"}
    return is_connecting and not any(word in str(origin) for word in _REFUSED)


def first_line(error: BaseException) -> str:
    """Return what a database says of an error, in one line and without SQL."""
    text = without_password(str(getattr(error, "orig", None) or error).strip())
    return text.splitlines()[0] if text else type(error).__name__
