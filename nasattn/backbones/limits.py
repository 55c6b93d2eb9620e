"""How large networks and images may be asked for.

The bounds lie far above what is trained today and below what exhausts a machine's memory, so
that a slip of the keyboard ends with one line.
"""

from nasattn.errors import UserError

Shape = tuple[int, int, int]

MOST_CLASSES = 2**17
MOST_CHANNELS = 1024
MOST_VALUES = 2**24

SHAPE_RULE = (
    f"must be three positive integers C,H,W with C at most {MOST_CHANNELS:,} and C×H×W at most "
    f"{MOST_VALUES:,}"
)


def check_input_shape(shape: Shape) -> Shape:
    """Return the (C, H, W) of images.

    Raises:
        UserError: it is not positive, or too large.
    """
    channels, height, width = shape
    if min(shape) < 1 or channels > MOST_CHANNELS or channels * height * width > MOST_VALUES:
        raise UserError(f"input shape {','.join(map(str, shape))}: {SHAPE_RULE}")
    return shape


def check_outputs(num_classes: int, in_channels: int) -> None:
    """Check the number of classes and of image channels that a network is made for.

    Raises:
        UserError: one of them is not positive, or too large.
    """
    for what, value, most in (
        ("classes", num_classes, MOST_CLASSES),
        ("image channels", in_channels, MOST_CHANNELS),
    ):
        if not 1 <= value <= most:
            raise UserError(f"{value:,} {what}: must be from 1 to {most:,}")
