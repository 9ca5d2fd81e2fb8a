"""Numbers as readers see them, in verdicts, live views and pages.

The scripts of pages write numbers by the same rules, in ``reports/kit/number_words.js``.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

NARROW = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

MOST_DECIMALS = 6
"""Decimals of a number in a sentence, at most."""

LEAST_SHARE = 0.0005
"""Nearer to none, and to all, shares are said to be under 0.1 % and over 99.9 %."""


def fixed(value: float, decimals: int) -> str:
    """Write a finite number with so many decimals; halves are rounded away from zero.

    Examples
    --------
    >>> fixed(0.125, 2), fixed(-2.5, 0)
    ('0.13', '-3')
    """
    step = Decimal(1).scaleb(-decimals)
    return f"{Decimal(value + 0.0).quantize(step, ROUND_HALF_UP, Context(prec=700)):f}"


def significant(value: float, digits: int = 3, most: int = 300) -> str:
    """Write a number with so many digits and without an exponent, plain enough for a table.

    Parameters
    ----------
    value : float
    digits : int
    most : int
        Decimals at most.

    Examples
    --------
    >>> significant(12.3456), significant(0.00123456), significant(12345.6)
    ('12.3', '0.00123', '12346')
    """
    if not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value))) if value else digits
    return fixed(value, min(max(0, digits - 1 - size), most))


def readable(value: float | None, digits: int = 3) -> str:
    """Write a number for a sentence: with so many digits, grouped, and with a proper minus.

    Examples
    --------
    >>> readable(-0.5), readable(12345.6), readable(None)
    ('−0.500', '12\u202f346', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return grouped(significant(value, digits, MOST_DECIMALS))


def grouped(number: int | str) -> str:
    """Write a number with narrow spaces between thousands and with a proper minus.

    Parameters
    ----------
    number : int or str
        Text keeps its decimals.

    Examples
    --------
    >>> grouped(1234567), grouped("-0.50")
    ('1\u202f234\u202f567', '−0.50')
    """
    text = str(number)
    whole, point, part = text.removeprefix("-").partition(".")
    sign = MINUS if text.startswith("-") else ""
    return sign + f"{int(whole):,}".replace(",", NARROW) + point + part


def plural(n: int, one: str, many: str = "") -> str:
    """Count things.

    Examples
    --------
    >>> plural(1, "image"), plural(3, "image")
    ('1 image', '3 images')
    """
    return f"{grouped(n)} {one if n == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """List things in a sentence.

    Examples
    --------
    >>> listed(["spots"]), listed(["spots", "stains", "scratches"])
    ('spots', 'spots, stains and scratches')
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def millions(n: int) -> str:
    """Write a large count in few digits.

    Examples
    --------
    >>> millions(999), millions(18_412_345)
    ('999', '18.4 million')
    """
    return f"{n / 1e6:.3g} million" if n >= 1e6 else grouped(n)


def few_digits(expected: float) -> str:
    """Write an expected number with one digit below 1, with two from 1 on.

    Examples
    --------
    >>> few_digits(0.4972), few_digits(1.26)
    ('0.5', '1.3')
    """
    return f"{expected:.2g}" if expected >= 1 else f"{expected:.1g}"


def percent(share: float, digits: int = 2) -> str:
    """Write a share in per cent, with one decimal at most; few and nearly all are not 0 and 100.

    Parameters
    ----------
    share : float in [0, 1]
    digits : int
        With 2 of them, a decimal stands only next to 0 and 100.

    Examples
    --------
    >>> percent(0.4812), percent(0.4812, 3), percent(0.00031), percent(0.99987)
    ('48\u202f%', '48.1\u202f%', 'under 0.1\u202f%', 'over 99.9\u202f%')
    """
    if 0 < share < LEAST_SHARE:
        return f"under 0.1{NARROW}%"
    if 1 - LEAST_SHARE <= share < 1:
        return f"over 99.9{NARROW}%"
    is_short = digits < 3 and 0.0995 <= share < 0.995
    return f"{fixed(100 * share, 0 if is_short else 1).removesuffix('.0')}{NARROW}%"


def decimals(low: float, high: float) -> int:
    """Return how many decimals an interval supports.

    Examples
    --------
    >>> decimals(0.97, 1.0), decimals(0.9991, 0.9995), decimals(1.0, 1.0)
    (2, 4, 3)
    """
    width = high - low
    if width < 1e-6:
        return 3
    return min(4, max(2, math.ceil(-math.log10(width / 2))))


def minus(text: str) -> str:
    """Replace hyphens before numbers by a proper minus.

    Examples
    --------
    >>> minus("PC1 -2 to 3")
    'PC1 −2 to 3'
    """
    return text.replace("-", MINUS)
