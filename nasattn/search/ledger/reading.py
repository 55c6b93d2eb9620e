"""A study's rows as Optuna's trials, read again and again while others write them.

Optuna's own reader makes objects of every parameter of every trial: it takes half a minute to
open a study of 10,000 trials.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy
from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nasattn.search.ledger.sampler_part import distribution_of
from nasattn.search.ledger.tables import (
    PARAMS,
    SYSTEM_ATTRIBUTES,
    TRIALS,
    USER_ATTRIBUTES,
    VALUES,
    known_value,
)

_AT_ONCE = 500

Found = list[Any]


class Rows:
    """The rows of one study; what has ended does not change, and is read once.

    Args:
        storage: The storage.
        study_id: The study's number in it.
    """

    def __init__(self, storage: RDBStorage, study_id: int) -> None:
        self._engine, self._study_id = storage.engine, study_id
        self._known: dict[int, FrozenTrial] = {}
        self._open: set[int] = set()

    def read(self) -> list[FrozenTrial]:
        """Return all rows in the order in which they were entered.

        Their dates and intermediate values are left out.

        Raises:
            ValueError: a row holds what is none.
        """
        read: dict[int, FrozenTrial] = {}
        with self._engine.connect() as connection:
            # The states first: what has ended by then is whole.
            heads = connection.execute(self._news()).all()
            numbered = iter(heads)
            while some := list(islice(numbered, _AT_ONCE)):
                read |= {found._trial_id: found for found in _trials(connection, some)}
        # All or nothing: a connection may be lost in between.
        self._known |= read
        self._open.update(head.trial_id for head in heads if not head.state.is_finished())
        self._open.difference_update(head.trial_id for head in heads if head.state.is_finished())
        return [self._known[row] for row in sorted(self._known)]

    def _news(self) -> sqlalchemy.Select[Any]:
        """Return the query for rows that are new, or had not ended."""
        is_new = TRIALS.c.trial_id > max(self._known, default=0)
        of = TRIALS.c.study_id == self._study_id
        columns = (TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state)
        return sqlalchemy.select(*columns).where(of, is_new | TRIALS.c.trial_id.in_(self._open))


def _trials(connection: sqlalchemy.Connection, heads: Sequence[Any]) -> Iterator[FrozenTrial]:
    """Yield the trials behind some rows of the table of trials."""
    rows = [head.trial_id for head in heads]
    values = _of(connection, VALUES, VALUES.c.objective, rows)
    params = _of(connection, PARAMS, PARAMS.c.param_id, rows)
    user, system = (
        _of(connection, table, table.c.key, rows) for table in (USER_ATTRIBUTES, SYSTEM_ATTRIBUTES)
    )
    for row, number, state in heads:
        domains = {
            found.param_name: distribution_of(found.distribution_json) for found in params[row]
        }
        yield _trial(
            row,
            number,
            state,
            [known_value(found.value, found.value_type) for found in values[row]],
            {
                f.param_name: domains[f.param_name].to_external_repr(f.param_value)
                for f in params[row]
            },
            domains,
            *({f.key: json.loads(f.value_json) for f in part[row]} for part in (user, system)),
        )


def _of(
    connection: sqlalchemy.Connection,
    table: sqlalchemy.Table,
    order: sqlalchemy.ColumnElement[Any],
    rows: Sequence[int],
) -> defaultdict[int, Found]:
    query = sqlalchemy.select(table).where(table.c.trial_id.in_(rows)).order_by(order)
    found = defaultdict[int, Found](list)
    for one in connection.execute(query):
        found[one.trial_id].append(one)
    return found


def _trial(  # noqa: PLR0913, PLR0917 - what a trial is made of
    row: int,
    number: int,
    state: TrialState,
    values: list[float],
    params: dict[str, Any],
    distributions: dict[str, BaseDistribution],
    user_attrs: dict[str, Any],
    system_attrs: dict[str, Any],
) -> FrozenTrial:
    return FrozenTrial(
        number=number,
        trial_id=row,
        state=state,
        value=None,
        values=values or None,
        datetime_start=None,
        datetime_complete=None,
        params=params,
        distributions=distributions,
        user_attrs=user_attrs,
        system_attrs=system_attrs,
        intermediate_values={},
    )
