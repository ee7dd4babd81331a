"""Who asks, and therefore whose documents may be found."""

from __future__ import annotations

from dataclasses import dataclass

# A collection that this may read is read by everyone who signed in.
EVERYONE = "group:*"


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who signed in, by the name and groups that the sign-in gives; "" for nobody.

    Where nobody signs in (one person on a laptop) everything is asked by `ANYONE`, who may read and
    change all there is. An `admin` may change what belongs to no collection, and choose engines;
    reading a collection takes a place in it, also for an admin.
    """

    name: str = ""
    groups: tuple[str, ...] = ()
    admin: bool = False

    @property
    def principals(self) -> tuple[str, ...]:
        """The names by which a collection may admit this person: "user:…", "group:…"."""
        if not self.name:
            return ()
        return (f"user:{self.name}", *(f"group:{one}" for one in self.groups), EVERYONE)


ANYONE = Asker()
