"""Refuse nonsense early, in one wording. Imports nothing from this package."""

from numbers import Integral


def require_whole(minimum: int, **numbers: int) -> None:
    """Check that every named number is a whole number of at least ``minimum``.

    Raises:
        ValueError: names the argument, repeats its value and says what is allowed.

    Example:
        >>> require_whole(1, kernel_size=3, dilation=0)
        Traceback (most recent call last):
        ValueError: dilation=0, but it must be a whole number, 1 or more
    """
    for name, number in numbers.items():
        whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not whole or number < minimum:
            raise ValueError(f"{name}={number!r}, but it must be a whole number, {minimum} or more")
