"""Get the servers that some tests talk to, where they can be had; say clearly where not. Never fails.

`python tests/get_services.py slapd pgbouncer`: names of programs that Debian's package of the same name
brings. A test whose server is not there is skipped with a sentence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
QUIET = {
    "DEBIAN_FRONTEND": "noninteractive",
    "RUNLEVEL": "1",
}  # installed, not started as a service


def found(name: str) -> str | None:
    """The path of the program; servers often lie where only root looks."""
    return shutil.which(name) or shutil.which(name, path=PLACES)


def get(name: str) -> bool:
    """Try the system's packages."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    print(f"tests: getting {name} from the system's packages …", flush=True)
    env = {**os.environ, **QUIET}
    subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False, env=env)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", name]
    try:
        subprocess.run(command, capture_output=True, check=False, env=env, timeout=600)
    except subprocess.TimeoutExpired:
        return False
    return found(name) is not None


def main(names: list[str]) -> None:
    """Each of them, if it is not there."""
    for name in names:
        if found(name) or get(name):
            print(f"tests: {found(name)}")
        else:
            print(
                f"tests: no {name} could be had; its tests will be skipped. Install the package {name}."
            )


if __name__ == "__main__":
    main(sys.argv[1:])
