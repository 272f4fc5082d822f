"""How passwords are kept: strongly in the product, cheaply in the other tests."""

import subprocess
import sys

from tests.real import ROOT

KEPT = "from app.accounts import passwords as p; print(p.hashed('secret'), p._NOBODY)"


def test_the_product_hashes_with_argon2id_of_19_mib_and_two_passes_for_strangers_too():
    command = [sys.executable, "-W", "ignore", "-c", KEPT]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    own, nobodys = said.split()
    for stored in (own, nobodys):
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert own != nobodys
