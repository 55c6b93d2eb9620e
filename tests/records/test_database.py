"""URLs of databases: no password is shown, whatever one looks like."""

from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from nasattn.errors import UserError
from nasattn.records import load_study
from nasattn.records.database import (
    engine_url,
    hidden,
    is_lost,
    with_password,
    without_password,
)
from nasattn.search.storage import absolute_url
from tests.studies import write_settings

SHOWN = "postgresql://ann@host:5432/studies"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:geheim@host:5432/studies", SHOWN),
        ("postgresql://ann:ge:heim@host:5432/studies", SHOWN),
        ("postgresql://ann:ge@heim@host:5432/studies", SHOWN),
        ("postgresql://ann:ge/heim?@host:5432/studies", SHOWN),
        ("postgresql://ann@host:5432/studies?password=geheim", SHOWN),
        ("postgresql://:geheim@host/studies", "postgresql://@host/studies"),
        ("postgresql://h/d?user=a&password=geheim&x=1", "postgresql://h/d?user=a&x=1"),
        ("mysql://h/d?user=a&passwd=geheim&x=1", "mysql://h/d?user=a&x=1"),
        ("postgresql://[::1]:5432/studies", "postgresql://[::1]:5432/studies"),
        ("sqlite:////tmp/a:b@c/study.db", "sqlite:////tmp/a:b@c/study.db"),
        (SHOWN, SHOWN),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
    assert without_password(shown) == shown


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=4))
def test_no_password_is_left_in_a_message(password: str) -> None:
    secret = f"<{password}>"
    url = f"postgresql://ann:{secret}@host/studies"
    for text in (f'cannot connect to "{url}": no', url, f"({url})"):
        assert secret not in hidden(text, [url])
        assert secret not in without_password(text)


def test_a_password_with_spaces_is_hidden_where_the_word_is_known() -> None:
    word = "postgresql://ann:very geheim indeed@host/studies"
    said = hidden(f"unexpected argument ({word})", ["nasattn", word])
    assert said == "unexpected argument (postgresql://ann@host/studies)"


def test_a_password_that_would_be_taken_for_a_host_is_refused() -> None:
    with pytest.raises(UserError, match="%40") as caught:
        engine_url("postgresql://ann:ge@heim@host/studies")
    assert "heim" not in str(caught.value)


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0"])
def test_a_password_with_white_space_is_refused_and_not_shown(space: str) -> None:
    with pytest.raises(UserError, match="%20") as caught:
        absolute_url(f"postgresql://ann:very{space}geheim@host/studies")
    assert "geheim" not in str(caught.value)
    assert "very" not in str(caught.value)
    assert engine_url("sqlite:///a b/study.db") == "sqlite:///a b/study.db"


def test_an_ordinary_url_takes_the_driver_that_the_extra_brings() -> None:
    assert engine_url("postgres://host/x") == "postgresql+psycopg://host/x"
    assert engine_url("postgresql+psycopg2://host/x") == "postgresql+psycopg2://host/x"
    assert engine_url("sqlite:///a@b@c.db") == "sqlite:///a@b@c.db"


def test_the_environment_has_the_password_of_the_same_database_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = SHOWN.replace("ann@", "ann:geheim@")
    monkeypatch.setenv("NASATTN_STORAGE", known)
    assert with_password(SHOWN) == known
    assert with_password("postgresql://bob@host/x") == "postgresql://bob@host/x"
    write_settings(tmp_path, "there", storage=SHOWN)
    write_settings(tmp_path, "here")
    there, here = load_study(tmp_path, "there"), load_study(tmp_path, "here")
    assert there.storage == known
    assert here.storage == tmp_path / "here" / "study.db"
    assert "geheim" not in repr((there, there.settings))


def error(origin: BaseException) -> sqlalchemy.exc.DBAPIError:
    return sqlalchemy.exc.OperationalError("SELECT 1", {}, origin)


def test_what_waiting_can_mend_is_told_from_what_it_cannot() -> None:
    gone = psycopg.OperationalError("connection failed: Connection refused")
    refused = psycopg.OperationalError("FATAL:  password authentication failed for user")
    wrapped = RuntimeError("an exception is raised during the commit")
    wrapped.__cause__ = error(psycopg.errors.AdminShutdown())
    assert is_lost(error(gone))
    assert is_lost(wrapped)
    wrapped.__cause__ = sqlalchemy.exc.PendingRollbackError("Can't reconnect", code="8s2b")
    assert is_lost(wrapped)
    assert is_lost(error(psycopg.errors.DeadlockDetected()))
    assert not is_lost(error(refused))
    assert not is_lost(error(psycopg.errors.UndefinedTable()))
    assert not is_lost(error(OSError("database is locked")))
    assert not is_lost(None)
