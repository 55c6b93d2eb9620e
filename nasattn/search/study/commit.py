"""The git commit of the folder that a study is made in: its user's code and study files."""

import shutil
import subprocess

_SECONDS = 5.0


def commit() -> dict[str, str]:
    """Return ``{"commit": …}`` of the current folder's repository, marked where files differ.

    Returns:
        Nothing where there is no repository, no commit, no git, or git takes too long.
    """
    if not shutil.which("git"):
        return {}
    try:
        found = _git("rev-parse", "HEAD").strip()
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (subprocess.SubprocessError, OSError):
        return {}
    return {"commit": f"{found} with changes" if changed else found}


def _git(*words: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", *words],  # noqa: S607 - the user's git
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    return done.stdout
