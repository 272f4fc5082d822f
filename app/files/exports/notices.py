"""Who asked for a file hears when it is there, or why it is not (BLK-04)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.letters import Letter, Letters

PAGE = "/exports/file/%(uid)s"

LETTERS: Letters = {
    "finish": {
        "asker": Letter(
            _l("Your export “%(title)s” is ready"),
            _l("%(rows)s rows are in the file. It is kept for you alone and deleted after 7 days."),
            PAGE,
        )
    },
    "hold": {
        "asker": Letter(
            _l("Your export “%(title)s” waits for you"),
            _l("The format cannot hold every character. Look at the list and decide."),
            PAGE,
        )
    },
    "fail": {
        "asker": Letter(
            _l("Your export “%(title)s” could not be made"),
            _l("Its page says why and what to do."),
            PAGE,
        )
    },
}
SILENT = (
    "ask",
    "ask_own",
    "stream",
    "stream_own",
    "begin",
    "replace",
    "replace_own",
    "fetch",
    "fetch_own",
    "expire",
)
