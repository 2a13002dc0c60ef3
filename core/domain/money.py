"""Money as it is written. Inside it is whole kopecks everywhere; roubles appear where something is shown or sent."""

from typing import Final

KOPECKS: Final = 100


def roubles(kopecks: int) -> str:
    """`1234,56`: a comma, as Russian bills have it, and no separator that an old phone could not show."""
    return decimal(kopecks).replace(".", ",")


def decimal(kopecks: int) -> str:
    """`1234.56`, for files, providers and terminals."""
    whole, rest = divmod(abs(kopecks), KOPECKS)
    return f"{'-' if kopecks < 0 else ''}{whole}.{rest:02}"
