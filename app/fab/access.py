"""Who may call a method of a view: FAB's decorator without its flash and its full-URL ``next``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask_appbuilder.const import PERMISSION_PREFIX

Method = Callable[..., Any]


def has_access(method: Method) -> Method:
    """Only for those whose role has the permission ``can_<method>`` on the view.

    Same contract as FAB's decorator (``permission_name`` goes below it), but a stranger is led to
    the sign-in page without an «Access is denied», and ``next`` is a path, never a whole URL (H13).
    """
    name = getattr(method, "_permission_name", method.__name__)

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        mapped = self.method_permission_name.get(method.__name__, name)
        permission = f"{PERMISSION_PREFIX}{mapped}"
        manager = self.appbuilder.sm
        if permission in self.base_permissions and manager.has_access(
            permission, self.class_permission_name
        ):
            return method(self, *args, **kwargs)
        return manager.turned_away()

    guarded._permission_name = name  # type: ignore[attr-defined]
    return guarded
