"""What LibreOffice makes of a workbook: saved once more, or sheet by sheet as text, with everything recalculated."""

from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path

CALC_TEXT = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def _convert(data: bytes, name: str, to: str, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / name).write_bytes(data)
    command = [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        to,
        "--outdir",
        str(folder / "out"),
        str(folder / "in" / name),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=900)


def saved(data: bytes, name: str, kind: str = "xlsx") -> bytes:
    """The workbook as LibreOffice saves it: its bytes are not ours any more."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        _convert(data, name, kind, folder)
        return next((folder / "out").iterdir()).read_bytes()


def sheets(data: bytes, name: str) -> dict[str, list[list[str]]]:
    """Each sheet's rows as a person sees them in it."""
    with tempfile.TemporaryDirectory() as kept:
        folder, found = Path(kept), {}
        _convert(data, name, CALC_TEXT, folder)
        stem = Path(name).stem
        for file in (folder / "out").iterdir():
            with file.open(encoding="utf-8", newline="") as lines:
                found[file.stem.removeprefix(f"{stem}-")] = list(csv.reader(lines))
        return found
