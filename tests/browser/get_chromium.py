"""Get a Chromium for the browser tests where one can be had; say clearly where not. Never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# the same engine without the desktop around it: less than half the work for a page
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ["apt-get", "install", "-y", "-q", "-o", "Acquire::http::Timeout=20"]
MORE = ["poppler-utils", "fonts-noto-cjk"]
WAYS = (
    ("the system's packages", [*APT, SHELL, *MORE]),
    ("the system's packages", [*APT, "chromium", *MORE]),
    ("playwright", [sys.executable, "-m", "playwright", "install", "chromium"]),
)


def found() -> str | None:
    """The path of a usable Chromium."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwrights()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        path = tools.chromium.executable_path
    return path if os.path.exists(path) else None


def main() -> None:
    """Try each way in turn; where there is a Chromium already, the light one is tried."""
    for where, command in WAYS:
        if (path := found()) and (path.endswith(SHELL) or SHELL not in command):
            break
        if shutil.which(command[0]) is None or (command[0] == "apt-get" and os.geteuid() != 0):
            continue
        print(f"browser tests: getting Chromium from {where} …", flush=True)
        if command[0] == "apt-get" and path is None:
            subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)
        subprocess.run(command, capture_output=True, check=False, timeout=600)
    print(
        f"browser tests: {path}"
        if (path := found())
        else "browser tests: no Chromium could be had; they will be skipped. Install the package chromium."
    )


if __name__ == "__main__":
    main()
