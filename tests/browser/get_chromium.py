"""Get a Chromium for the browser tests where one can be had; say clearly where not. Never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAYS = (
    (
        "the system's packages",
        ["apt-get", "install", "-y", "-q", "chromium", "poppler-utils", "fonts-noto-cjk"],
    ),
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
    """Try each way in turn."""
    if path := found():
        print(f"browser tests: {path}")
        return
    for where, command in WAYS:
        if shutil.which(command[0]) is None or (command[0] == "apt-get" and os.geteuid() != 0):
            continue
        print(f"browser tests: getting Chromium from {where} …", flush=True)
        if command[0] == "apt-get":
            subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)
        done = subprocess.run(command, capture_output=True, check=False, timeout=600)
        if done.returncode == 0 and found():
            print(f"browser tests: {found()}")
            return
    print(
        "browser tests: no Chromium could be had; they will be skipped. Install the package chromium."
    )


if __name__ == "__main__":
    main()
