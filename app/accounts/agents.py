"""A browser's own words about itself, shortened to what a person recognises: «Chrome · Windows»."""

from __future__ import annotations

import re

from flask_babel import gettext as _

# the first that is found counts: many call themselves Chrome and Safari as well
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Lark|Feishu", "飞书"),
    (r"\bQQ/", "QQ"),
    ("MQQBrowser|QQBrowser", "QQ 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("UCBrowser|UBrowser", "UC 浏览器"),
    ("Quark", "夸克"),
    ("360SE|360EE|QihooBrowser", "360 浏览器"),
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("Firefox|FxiOS", "Firefox"),
    ("HeadlessChrome|Chromium|Chrome|CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("MSIE|Trident", "Internet Explorer"),
    ("curl", "curl"),
    ("python|Werkzeug", "Python"),
)
_SYSTEMS = (
    ("HarmonyOS|OpenHarmony|ArkWeb", "HarmonyOS"),
    ("iPad", "iPad"),
    ("iPhone|iPod", "iPhone"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux|X11", "Linux"),
)
_KNOWN = tuple(
    tuple((re.compile(pattern), name) for pattern, name in table) for table in (_BROWSERS, _SYSTEMS)
)


def in_words(agent: str) -> str:
    """Browser and system; «unknown device» where neither is known."""
    found = [
        next((name for pattern, name in table if pattern.search(agent)), "") for table in _KNOWN
    ]
    return " · ".join(filter(None, found)) or str(_("unknown device"))
