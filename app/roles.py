"""Who may do what: role × view × permission, on one screen. Loaded into Flask-AppBuilder, printed into
docs/roles.md. Which rows somebody sees stands elsewhere: in the `…_for(actor)` of each `queries.py`.

Permissions: `list` and `show` read; the others are the names of actions. `menu` shows the entry.
"""

from __future__ import annotations

from app.workflow.actor import Role

READ = ("list", "show")
# view (its class_permission_name) → role → what it may do there
GRANTS: dict[str, dict[Role, tuple[str, ...]]] = {
    # everybody signed in
    "Regions": {role: ("find",) for role in Role if role is not Role.SYSTEM},
    # the employer's side
    "EmployerReview": {Role.EMPLOYER: ("index",)},
    "EmployerProfile": {Role.EMPLOYER: ("index",)},
    "EmployerHome": {Role.EMPLOYER: ("index", "signing")},
    "EmployerCandidates": {Role.EMPLOYER: ("index", "search", "add", "chosen")},
    "EmployerLetter": {Role.EMPLOYER: ("index", "preview", "send", "edit", "withdraw")},
    "EmployerInvitations": {
        Role.EMPLOYER: ("list", "show", "search", "columns", "index", "one", "export")
    },
}


def as_fab() -> dict[str, list[list[str]]]:
    """The grants as Flask-AppBuilder reads them: role → [view pattern, permission pattern]."""
    found: dict[str, list[list[str]]] = {}
    for view, roles in GRANTS.items():
        for role, words in roles.items():
            names = [f"can_{word}" for word in words] + list(words) + ["menu_access"]
            found.setdefault(role.value, []).append([f"{view}$", f"({'|'.join(names)})$"])
    return found
