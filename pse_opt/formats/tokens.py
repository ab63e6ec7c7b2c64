"""Numbers and words of a published file, read in order; errors name line and what was expected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pse_opt.errors import InputError, Problem

__all__ = ["Tokens"]

Floats = npt.NDArray[np.float64]
LARGEST = 200_000_000
"""Bytes of a file that is still read: ten times the largest published one."""


class Tokens:
    """The words of a text file, taken one after the other.

    Some copies of published files are padded with NUL bytes, or carry stray numbers after their
    end: a reader takes the number of words that the file itself announces, and no more.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    InputError
        The file cannot be read, or is larger than any published one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.stat().st_size > LARGEST:
                raise self.error("the file is larger than any published one", "check the path")
            text = path.read_bytes().replace(b"\0", b" ").decode("latin-1")
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            raise self.error(message, "check the path") from None
        self._lines = text.splitlines()
        self._words = text.split()
        self._at = 0

    def error(
        self, message: str, remedy: str, *, at: int | None = None, value: str | None = None
    ) -> InputError:
        """Return an error that names the file and, where a word is meant, its line."""
        row = None if at is None else self._line(at)
        return InputError([Problem(str(self.path.name), message, remedy, row=row, value=value)])

    def _line(self, at: int) -> int:
        """The line, from 1, that a word stands in; the last one beyond the end."""
        for number, line in enumerate(self._lines, start=1):
            at -= len(line.split())
            if at < 0:
                return number
        return max(len(self._lines), 1)

    @property
    def left(self) -> int:
        """Words not taken yet."""
        return len(self._words) - self._at

    def next_is(self, word: str) -> bool:
        """Whether the next word is this one, whatever its case."""
        return self.left > 0 and self._words[self._at].casefold() == word.casefold()

    def word(self, what: str) -> str:
        """Take one word."""
        return self._take(1, what)[0]

    def _take(self, count: int, what: str) -> list[str]:
        if count > self.left:
            message = f"the file ends where {what} should follow: {self.left} of {count} words left"
            remedy = "check that the file is complete, and that it has this format"
            raise self.error(message, remedy, at=len(self._words))
        self._at += count
        return self._words[self._at - count : self._at]

    def skip_past(self, word: str, what: str) -> None:
        """Leave out everything up to a word, that word included."""
        try:
            self._at = self._words.index(word, self._at) + 1
        except ValueError:
            message, remedy = f"no {word} in the file", f"{what} should follow that word"
            raise self.error(message, remedy) from None

    def number(self, what: str, *, least: float = 0.0) -> float:
        """Take one number."""
        return float(self.numbers(1, what, least=least)[0])

    def integer(self, what: str, *, least: int = 0, most: int | None = None) -> int:
        """Take one whole number."""
        at = self._at
        value = self.number(what, least=float(least))
        if value != int(value) or (most is not None and value > most):
            limit = "" if most is None else f" up to {most}"
            expected = f"a whole number from {least}{limit} is expected"
            raise self.error(f"{what}: {expected}", "correct it", at=at, value=self._words[at])
        return int(value)

    def count(self, what: str) -> int:
        """Take a count of things that follow, at least one each: no more than words are left."""
        at, value = self._at, self.integer(what, least=1)
        if value > self.left:
            message = f"{what}: {value} are announced, and only {self.left} words follow"
            raise self.error(message, "check that the file has this format", at=at)
        return value

    def numbers(self, count: int, what: str, *, least: float = 0.0) -> Floats:
        """Take numbers.

        Parameters
        ----------
        count : int
            How many.
        what : str
            What they are, for errors.
        least : float
            Least value of each.
        """
        first = self._at
        taken = self._take(count, what)
        try:
            values = np.array(taken, dtype=np.float64)
        except ValueError:
            values = np.array([_parse(word) for word in taken])
        wrong = np.flatnonzero(~(np.isfinite(values) & (values >= least)))
        if wrong.size:
            at = first + int(wrong[0])
            expected = f"a number of at least {least:g} is expected" if least > -1e300 else ""
            message = f"{what}: {expected or 'a number is expected'}"
            raise self.error(message, "correct it", at=at, value=self._words[at])
        return values

    def table(self, rows: int, columns: int, what: str, *, least: float = 0.0) -> Floats:
        """Take numbers row by row, as an array of shape (rows, columns)."""
        return self.numbers(rows * columns, what, least=least).reshape(rows, columns)


def _parse(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")
