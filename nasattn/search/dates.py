"""The date and time as records keep them, for people: nothing is decided by them."""

from datetime import UTC, datetime


def now() -> str:
    """Return the time as records keep it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
