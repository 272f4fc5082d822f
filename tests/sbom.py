"""`make sbom`: sbom.json, CycloneDX 1.6, of what the run lock installs; nothing of the tools for developers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.licences import RUN_LOCK

ROOT = Path(__file__).resolve().parents[1]


def write(path: Path) -> None:
    """Ask the generator of the dev lock; raises CalledProcessError."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "cyclonedx_py",
            "requirements",
            "--pyproject",
            str(ROOT / "pyproject.toml"),
            "--mc-type",
            "application",
            "--output-reproducible",
            "--spec-version",
            "1.6",
            "--output-format",
            "JSON",
            "--output-file",
            str(path),
            str(RUN_LOCK),
        ],
        check=True,
    )


if __name__ == "__main__":
    write(ROOT / "sbom.json")
    print("sbom.json")
