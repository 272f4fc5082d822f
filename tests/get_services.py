"""Get servers for some tests from Debian where they can be had: `get_services.py slapd pgbouncer`. Never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


def found(name: str) -> str | None:
    """The path of the server's program."""
    return shutil.which(name) or shutil.which(name, path=FOLDERS)


def main(names: list[str]) -> None:
    """Install what is missing; say what could not be had."""
    missing = [name for name in names if not found(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False, timeout=300)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing],
                       capture_output=True, check=False, timeout=600, env=env)  # fmt: skip
    for name in names:
        print(f"tests with {name}: {found(name) or f'skipped; install the package {name}'}")


if __name__ == "__main__":
    main(sys.argv[1:])
