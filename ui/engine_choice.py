"""Who answers: the engines that there are, the one that was chosen, and what they are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.access import ANYONE, Asker
from corpus.errors import FormatError, NotAllowed, UsageError
from corpus.i18n import tr
from ui.engine_names import QUOTES, engine_title

if TYPE_CHECKING:
    from assistant.engine import Engine
    from assistant.models.model_store import ModelStore
    from assistant.settings import Settings
    from assistant.workspace import Workspace


class EngineChoice:
    """The engines of one open workspace; where people sign in, admins choose for all of them."""

    def __init__(self, settings: Settings, asker: Callable[[], Asker]) -> None:
        """`asker` returns who asks now."""
        self._settings = settings
        self._asker = asker
        # None while the library opens.
        self._workspace: Workspace | None = None
        self._engines: dict[str, Engine] = {}
        self._other_engines: list[str] = []
        # Open, or failed to; and everything that follows the opening done as well.
        self._ready = threading.Event()
        self._finished = threading.Event()

    def opening_finished(self) -> bool:
        """Say whether the library is open, or will not open, and the page has all it shows."""
        return self._finished.is_set()

    def default_engine(self) -> str:
        """Return the name of the engine that answers where none was chosen; "" while it opens."""
        return self._workspace.engine.name if self._workspace else ""

    def engine_of_start(self) -> str:
        """Return the engine that the command line or the environment named, "" for none."""
        return "" if self._settings.engine == "auto" else self._settings.engine

    def chosen_engine(self) -> str:
        """Return the engine that was chosen for good, "" for none."""
        try:
            return self.models().chosen_engine
        except FormatError:
            # Choosing writes the file anew.
            return ""

    def choose_engine(self, name: str) -> str:
        """Have an engine answer from the next question on, in every window and after a restart.

        One that was named at the start answers on until the next; returns who answers. Raises
        UsageError, StorageError.
        """
        from assistant.engine_selection import engine_named

        self.require_open()
        self.require_admin()
        if name not in {one for _, one in self.engines()}:
            self._check_hosted(name)
        # What it lacks, a key perhaps, is said before it is kept.
        engine_named(name, self._settings.home)
        self.models().choose_engine(name)
        return self.renew_engine()

    def _check_hosted(self, name: str) -> None:
        """Raise UsageError for what is no engine of a provider that the page offers."""
        from assistant.models.engine_config_file import engine_config_in
        from assistant.models.hosted import named_model, provider_of

        provider = provider_of(name, engine_config_in(self._settings.home))
        if provider is None:
            raise UsageError(_not_in_list(name))
        named_model(provider, provider.model(name))

    def require_open(self) -> None:
        """Raise UsageError while the library opens, and takes the engine that was named before."""
        if not self.opening_finished():
            raise UsageError(tr("the library is still opening; try again in a moment"))

    def require_admin(self) -> None:
        """Raise NotAllowed where people sign in and this one is no admin: it concerns everyone."""
        asker = self._asker()
        if asker != ANYONE and not asker.admin:
            raise NotAllowed(tr("only an admin chooses for everyone who answers; ask one"))

    def engines(self) -> Sequence[tuple[str, str]]:
        """Return (title, name) of the engines that may be asked, the present one first.

        None while the library opens; of the models of this machine those that are here now. A
        hosted one is among them only while it is the present one.
        """
        workspace = self._workspace
        if workspace is None or not self._other_engines:
            return ()
        here = [f"local:{one.name}" for one in self.models().installed()]
        names = dict.fromkeys([workspace.engine.name, *here, *self._other_engines])
        return [(engine_title(one), one) for one in names]

    def servers(self) -> Sequence[str]:
        """Return the engines on servers of this machine, and of other packages, as last found."""
        return [one for one in self._other_engines if one != QUOTES]

    def find_servers(self) -> None:
        """Look again for the servers of this machine that answer."""
        if self._workspace is not None and self.opening_finished():
            self._other_engines = self._reachable(self._workspace)

    def home(self) -> Path:
        """Return the data folder, where keys are kept."""
        return self._settings.home

    def models(self) -> ModelStore:
        """Return what looks after the models of this machine."""
        from assistant.models.model_store import ModelStore

        return ModelStore(self._settings.home)

    def renew_engine(self, *, anew: bool = False) -> str:
        """Take who `auto` names now, where no other was named at the start; return who answers.

        What is being written goes on with the engine that began it. With `anew` it is made again
        though its name is the same: its key is another. Raises UsageError.
        """
        from assistant.engine_selection import engine_named

        workspace = self._workspace
        if anew:
            self._engines.clear()
        if workspace is not None and (anew or not self.engine_of_start()):
            try:
                engine = engine_named(self._settings.engine, workspace.settings.home)
            except UsageError:
                # What was made with a key that is gone must not be asked any more.
                self._workspace = workspace.with_engine(engine_named(QUOTES, self.home()))
                raise
            if anew or engine.name != workspace.engine.name:
                self._workspace = workspace = workspace.with_engine(engine)
        return workspace.engine.name if workspace is not None else ""

    def host_of(self, engine: str) -> str:
        """Return the host that an engine sends text to; "" for none or one that is unknown."""
        workspace = self._workspace
        if workspace is None:
            return ""
        try:
            return self._engine(workspace, engine).host
        except UsageError:
            return ""

    def _engine(self, workspace: Workspace, name: str) -> Engine:
        """Return an engine of the list by its name, made once; raises UsageError.

        A name may be an address, to which passages and a key would go: only the owner gives those.
        """
        from assistant.engine_selection import engine_named

        if name in {"", workspace.engine.name}:
            return workspace.engine
        if name not in {one for _, one in self.engines()}:
            raise UsageError(_not_in_list(name))
        found = self._engines.get(name)
        if found is None:
            found = self._engines[name] = engine_named(name, workspace.settings.home)
        return found

    def _with_engine(self, workspace: Workspace, name: str) -> Workspace:
        chosen = self._engine(workspace, name)
        return workspace if chosen is workspace.engine else workspace.with_engine(chosen)

    def _reachable(self, workspace: Workspace) -> list[str]:
        """Return the engines that answer now, but for the models that may come and go."""
        from assistant.engine_selection import reachable

        found = [one for one in reachable(workspace.settings.home) if one.ready and not one.is_form]
        return [one.name for one in found if not one.name.startswith("local:")]


def _not_in_list(name: str) -> str:
    return tr("the engine {name} is not in the list; choose one that is", name=repr(name))


__all__ = ["EngineChoice"]
