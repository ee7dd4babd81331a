"""Pages that stand in for another: "enable JavaScript", "just a moment", a paywall."""

from __future__ import annotations

import re
from typing import Any

from corpus.i18n import tr

# A stub has no more characters, and no more than _BESIDE beside its message.
_LONGEST = 1_200
_BESIDE = 240
_EMPTY = tr("this page holds no text; it may be drawn by scripts: save it as PDF")
_STUBS = (
    (
        re.compile(
            r"(?:enable|turn on|activate|allow|without|requires?|needs?|support|activer|aktivieren|"
            r"habilit\w+|启用|开启).{0,60}(?:java-?script|scripting)|"
            r"java-?script.{0,50}(?:enabled?|disabled|required|turned off|"
            r"not (?:available|supported)|aktivieren|désactivé|启用|禁用)|"
            r"^loading(?: app\w*| page)?\W*$|^please wait\W*$|^正在加载\W*$",
            re.IGNORECASE,
        ),
        _EMPTY,
    ),
    (
        re.compile(
            r"just a moment|checking (?:your browser|if the site connection)|"
            r"verify(?:ing)? (?:that )?you are (?:a )?human|"
            r"are you (?:a )?(?:human|robot)|not a robot|captcha|cloudflare|"
            r"ray id|ddos protection|unusual (?:traffic|activity)|"
            r"access (?:to this page )?(?:has been |is )?(?:denied|blocked|forbidden)|"
            r"you don.t have permission to access|403 forbidden|"
            r"请完成(?:安全)?验证|人机验证|访问被拒绝",
            re.IGNORECASE,
        ),
        tr(
            "this page only says that access was not given; open it in a browser and save it as PDF"
        ),
    ),
    (
        re.compile(
            r"(?:we|this (?:web)?site|our partners).{0,80}\bcookies|accept (?:all )?cookies|"
            r"(?:cookie|privacy|consent) (?:settings|preferences|choices)|before you continue|"
            r"cookies? (?:akzeptieren|zustimmen)|accepter (?:les )?cookies",
            re.IGNORECASE,
        ),
        tr("this page only asks about cookies; answer it in a browser and save the page as PDF"),
    ),
    (
        re.compile(
            r"redirect(?:ing|ed)|(?:page|document|site) (?:has |was )?(?:been )?"
            r"(?:permanently )?moved|if you are not (?:automatically )?(?:redirected|forwarded)|"
            r"moved permanently|"
            r"^click here\b.*|正在跳转",
            re.IGNORECASE,
        ),
        tr("this page only leads to another; open that and save it"),
    ),
)
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|keep|read)|to (?:continue|keep) reading|"
    r"already a subscriber|(?:this|the) (?:article|content|story) is (?:only |exclusively )?"
    r"(?:for|available to|reserved for) (?:our )?(?:paying )?(?:subscribers|members)|"
    r"subscribers?[ -]only|(?:sign|log) in to (?:read|continue)|register to (?:read|continue)|"
    r"unlock (?:this|the full) (?:article|story)|read the full (?:article|story) (?:with|by)|"
    r"réservé aux abonnés|weiterlesen mit|订阅后(?:继续)?阅读",
    re.IGNORECASE,
)
_PAYWALLED = tr("this page only says that it is for subscribers; sign in, then save it as PDF")
_PART = re.compile(r"(?<=[.!?。…])\s+|\n+")


def stub_reason(text: str, root: Any) -> str:
    """Return why a page is only a stub and what to do about it; "" for a page with content.

    `text` is the text extracted from it, `root` its tree.
    """
    if not text.strip():
        if next(root.iter("frame"), None) is not None:
            return tr("this page only shows other pages in frames; save each of them")
        return _STUBS[3][1] if _forwards(root) else _EMPTY
    if len(text) > _LONGEST:
        return ""
    parts = [part for part in _PART.split(text) if part.strip()]
    for pattern, instead in (*_STUBS, (_PAYWALL, _PAYWALLED)):
        rest = sum(len(part) for part in parts if not pattern.search(part))
        # A page that mentions such things in a sentence or two among many is no stub.
        if rest < len(text) and rest < min(_BESIDE, 2 * (len(text) - rest)):
            return instead
    return _STUBS[3][1] if len(text) < _BESIDE and _forwards(root) else ""


def behind_paywall(text: str) -> bool:
    """Say whether a page ends with an offer to subscribe: the rest of it is missing."""
    return len(text) < 4 * _LONGEST and bool(_PAYWALL.search(text[-600:]))


def _forwards(root: Any) -> bool:
    """Say whether a page redirects by a meta refresh."""
    return any(
        str(one.get("http-equiv")).lower() == "refresh"
        and "url=" in str(one.get("content")).lower()
        for one in root.iter("meta")
    )
