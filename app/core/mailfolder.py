"""Mails into a folder, where no server is set: for trials, and readable by nobody else of the machine."""

from __future__ import annotations

import os
from typing import Any

from flask_mailman.backends.file import EmailBackend as FileBackend


class EmailBackend(FileBackend):  # type: ignore[misc,no-any-unimported]
    """As Flask-Mailman's, with a private folder and private files."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        os.chmod(self.file_path, 0o700)

    stream: Any

    def open(self) -> bool:
        """Open the file of this delivery."""
        if self.stream is not None:
            return False
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.stream = os.fdopen(os.open(self._get_filename(), flags, 0o600), "ab")
        return True
