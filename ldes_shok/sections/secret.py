"""Reads secrets from the place that a section names: a variable or a file.

Secrets that others send to us (tokens, passwords of stations, signatures): every line is valid, so
the next secret can be added before the old one is removed. Secrets that we send, and our own: only
the first line counts.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ldes_shok.sections.base import HIDDEN

LEAST_SECRET_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that only `reveal` shows."""

    _text: str

    def reveal(self) -> str:
        """Return the secret."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"


Secrets = tuple[Secret, ...]
"""Several secrets for the same purpose: each is valid."""


class SecretReader:
    """Reads secrets and collects their problems.

    Args:
        environ: the environment variables.

    Attributes:
        problems: one sentence for each secret that is not set or cannot be read, its key first.
        warnings: one sentence for each doubtful thing: a file that all may read, a short token.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._environ = environ

    def secret(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secret | None:
        """Return the first line of a file, or a whole variable.

        Args:
            where: the key of the setting without `_env` and `_file`.
            variable: the environment variable, if the settings name one.
            file: the file, if the settings name one.
            fallback: the value if the variable is not set.
        """
        if variable is not None:
            text = self._environ.get(variable, "") or fallback
            if not text:
                self.problems.append(
                    f"{where}_env: the environment variable {variable} is not set; set it"
                )
                return None
            return Secret(text)
        if file is not None:
            text = self._text(f"{where}_file", Path(file))
            first = text.partition("\n")[0].strip()
            if text and not first:
                self.problems.append(
                    f"{where}_file: the first line of {file} is empty; put the secret there"
                )
            return Secret(first) if first else None
        return None if fallback is None else Secret(fallback)

    def lines(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secrets:
        """Return each line that is not empty, once."""
        if file is not None:
            text = self._text(f"{where}_file", Path(file))
        else:
            secret = self.secret(where, variable, None, fallback)
            text = "" if secret is None else secret.reveal()
        lines = (line.strip() if file else line for line in text.split("\n"))
        return tuple(Secret(line) for line in dict.fromkeys(lines) if line.strip())

    def tokens(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secrets:
        """Return each line, as a bearer token."""
        found = self.lines(where, variable, file, fallback)
        for number, secret in enumerate(found, start=1):
            text = secret.reveal()
            which = "the token" if len(found) == 1 else f"token {number}"
            # RFC 6750, 2.1: a bearer token is visible ASCII, so a space would never match.
            if not all("!" <= character <= "~" for character in text):
                self.problems.append(
                    f"{where}: {which} in {variable or file} must be letters, digits and signs "
                    "without spaces or accents"
                )
            elif len(text) < LEAST_SECRET_CHARACTERS and text != fallback:
                self.warnings.append(
                    f"{where}: {which} in {variable or file} is shorter than "
                    f"{LEAST_SECRET_CHARACTERS} characters"
                )
        return found

    def tokens_of_all(self, where: str, variables: Iterable[str], files: Iterable[str]) -> Secrets:
        """Return the tokens of several variables and files."""
        found = [self.tokens(where, variable, None) for variable in variables]
        found += [self.tokens(where, None, file) for file in files]
        return tuple(dict.fromkeys(secret for secrets in found for secret in secrets))

    def _text(self, where: str, path: Path) -> str:
        """Return the content of a file of secrets; empty, with a problem, if it cannot be used."""
        try:
            text = path.read_text(encoding="utf-8")
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.problems.append(f"{where}: {path} cannot be read: {reason}")
            return ""
        if not text.strip():
            self.problems.append(f"{where}: {path} is empty; put the secret there, one a line")
            return ""
        if mode & stat.S_IROTH:
            self.warnings.append(f"{where}: everybody can read {path}; run `chmod 600 {path}`")
        return text
