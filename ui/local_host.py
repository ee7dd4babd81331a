"""Which names of this machine a request may give as its host."""

from __future__ import annotations

import re

# Loopback by address or name: any other name may be another site's that leads here (DNS rebinding).
_LOCAL_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")


def is_local_host(host: str) -> bool:
    """Say whether the header Host of a request names this machine, with a port or without."""
    return _LOCAL_HOST.fullmatch(host) is not None
