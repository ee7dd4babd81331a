"""Who asks, and therefore whose documents may be found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who signed in, by the name and groups that the sign-in gives; "" for nobody.

    Where nobody signs in (one person on a laptop) everything is asked by `ANYONE`, who may read and
    change all there is.
    """

    name: str = ""
    groups: tuple[str, ...] = ()


ANYONE = Asker()
