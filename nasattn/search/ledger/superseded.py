"""How a worker learns that a trial is no longer its own."""


class SupersededError(Exception):
    """Raised within an attempt, ends it without another word in the record.

    Others took its worker for dead, as they must one that is suspended for minutes; the trial
    has gone on elsewhere.
    """
