"""Data sets that the user's own function returns."""

from typing import Any

from nasattn.data.arrays import as_images, numbered
from nasattn.data.images import Source
from nasattn.errors import UserError
from nasattn.user_code import guarded, imported


def read_custom(path: str, root: str | None) -> Source:
    """Call ``package.module:function`` and check what it returns.

    The function is called with ``root`` where that is given, else without arguments, and returns
    (train_images, train_labels, test_images, test_labels), arrays or tensors as ``as_images``
    takes them.

    Raises:
        UserError: it cannot be imported, fails, or returns something else.
    """
    function = imported("data set", path)
    with guarded(f"data set {path}: the function failed"):
        found = function() if root is None else function(root)
    if not isinstance(found, tuple | list) or len(found) != 4:
        raise UserError(
            f"data set {path}: the function returned {_describe(found)}, but must return "
            "(train_images, train_labels, test_images, test_labels)"
        )
    try:
        train = as_images(found[0], found[1], f"data set {path}: train")
        test = as_images(found[2], found[3], f"data set {path}: test")
    except (TypeError, ValueError) as error:
        raise UserError(f"data set {path}: what it returned is no array: {error}") from None
    return numbered(train, None, test, f"data set {path}")


def _describe(found: Any) -> str:
    many = f" of {len(found)}" if isinstance(found, tuple | list) else ""
    return f"{type(found).__name__}{many}"
