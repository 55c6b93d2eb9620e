"""How a trial in progress is told that it ends here, or waits."""


class PrunedError(Exception):
    """Raised within a trial, ends it as pruned; its checkpoints stay, so that it can go on.

    Args:
        reason: In words and numbers; the record keeps it.
    """


class WaitsError(Exception):
    """Raised within a trial, pauses it until it is promoted.

    Args:
        reason: In words and numbers; the record keeps it.
    """
