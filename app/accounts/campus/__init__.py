"""Sign-in by the campus's own service, several ways a school: OIDC, CAS 3, LDAP (ACC-11, CHN-08).

`models` what is kept; `net` what may be asked of whom; `oidc`, `cas`, `ldap` the three protocols, each
giving a `Claim`; `workflow` whose account a claim opens, and what is refused; `attempts` the way there
and back; `proofs` the campus sign-in as the fresh proof of one act; `ways` keeping and testing a way.
"""
