"""Licences: ours, those of what is installed with it, those of the fonts, and the list by command (S-21)."""

from __future__ import annotations

import json

import pytest

from tests import licences, sbom

ROOT = licences.ROOT
LOCKED = licences.locked()


def test_the_product_has_a_licence_and_its_notices():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "SIL Open Font License" in (ROOT / "NOTICE").read_text()


def test_the_text_of_the_fonts_licence_lies_beside_every_font():
    fonts = [
        p
        for p in (ROOT / "app").rglob("*")
        if p.suffix in (".ttf", ".otf", ".ttc", ".woff", ".woff2", ".xz")
    ]
    assert fonts
    for font in fonts:
        assert "SIL OPEN FONT LICENSE" in (font.parent / "OFL.txt").read_text().upper(), font


def test_every_locked_package_has_a_licence_that_lives_with_ours():
    assert len(LOCKED) > 50
    found = {name: licences.licence(name) for name in LOCKED}
    assert not {name: said for name, said in found.items() if not licences.lives_with_ours(said)}


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ("MIT", True),
        ("GPL-2.0-only OR MIT", True),
        ("LGPL-3.0-only", True),
        ("MPL-2.0", True),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("", False),
        ("Proprietary", False),
        ("SSPL-1.0", False),
    ],
)
def test_which_licences_are_good(said, good):
    assert licences.lives_with_ours(said) is good


def test_the_list_of_third_party_software_is_not_stale():
    assert (ROOT / "THIRD-PARTY.md").read_text(encoding="utf-8") == licences.table()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_sbom_lists_the_run_lock_and_nothing_else(tmp_path):
    sbom.write(tmp_path / "sbom.json")
    found = json.loads((tmp_path / "sbom.json").read_text())
    assert found["bomFormat"] == "CycloneDX"
    assert {c["name"].lower(): c["version"] for c in found["components"]} == LOCKED
    assert "pytest" not in LOCKED
