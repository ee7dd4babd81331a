"""The models of a workspace, each loaded when it is first asked for, once."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from assistant.settings import Settings
from index.cosine_scale import DEFAULT_SCALE, CosineScale, noted_scale, scale_of
from index.embedders import HASHING, CountingEmbedder, document_embedder, question_embedder

if TYPE_CHECKING:
    from assistant.checking.checker import Checker
    from index.reader import ReaderModel

_LOG = logging.getLogger(__name__)


class LoadedModels:
    """Embedders, reader and checker of one workspace. Thread-safe.

    Each has a lock of its own, so that loading one does not block the use of another. What reads
    and checks is imported where it is loaded: `begin` comes before most of the program is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = {
            name: threading.Lock()
            for name in ("documents", "questions", "scale", "reader", "others")
        }
        self._documents: CountingEmbedder | None = None
        self._questions: CountingEmbedder | None = None
        self._reader: ReaderModel | None = None
        self._checker: Checker | None = None
        self._scale: CosineScale | None = None

    def begin(self) -> None:
        """Begin to load what a first question needs, in a thread; return at once.

        ONNX Runtime loads beside the thread that goes on importing: 0.2 s of a first answer. The
        program waits for it before it ends, which may not happen in the middle of loading.
        """
        threading.Thread(target=self._load, name="models").start()

    def _load(self) -> None:
        try:
            self.questions  # noqa: B018  # reason: the property loads it
            self.reader_model  # noqa: B018  # reason: the property loads it
        except Exception as error:  # noqa: BLE001  # reason: whoever asks for it is told
            _LOG.debug("a model is not loaded in advance: %s", type(error).__name__)

    @property
    def documents(self) -> CountingEmbedder:
        """The embedder of passages; raises EmbedderError."""
        with self._loading["documents"]:
            if self._documents is None:
                name, cache = self._settings.embedder, self._settings.models
                self._documents = document_embedder(name, cache=cache)
                scale_of(self._documents, folder=cache, anew=True)
            return self._documents

    @property
    def questions(self) -> CountingEmbedder:
        """The light embedder of questions; raises EmbedderError."""
        with self._loading["questions"]:
            if self._questions is None:
                name, cache = self._settings.embedder, self._settings.models
                self._questions = question_embedder(name, cache=cache)
            return self._questions

    @property
    def scale(self) -> CosineScale:
        """The scale of the embedder's cosines; raises EmbedderError."""
        questions = self.questions
        with self._loading["scale"]:
            if self._scale is None:
                self._scale = scale_of(questions, folder=self._settings.models)
            return self._scale

    def scale_named(self, embedder: str) -> CosineScale:
        """Return the scale of an embedder by its name; the default one if it cannot be measured.

        It never raises: a search reports what is wrong with the embedder.
        """
        noted = noted_scale(embedder, folder=self._settings.models)
        if noted is not None or not embedder:
            return noted or DEFAULT_SCALE
        try:
            return self.scale if self.questions.name == embedder else DEFAULT_SCALE
        except Exception as error:  # noqa: BLE001  # reason: an embedder of others may raise anything
            _LOG.warning("the embedder cannot be measured: %s", type(error).__name__)
            return DEFAULT_SCALE

    @property
    def reader_model(self) -> ReaderModel:
        """What reads a question and a passage together; raises ReaderError."""
        from assistant.planning.question_language import is_foreign
        from assistant.retrieval.chinese_reader import ReaderByScript
        from index.inference_client import reader_of
        from index.reader import WORDS
        from index.rerankers import Reranked, reranker_named

        with self._loading["reader"]:
            if self._reader is None:
                # The embedder without a model goes with the reader without one.
                by_words = self._settings.embedder == HASHING
                name = self._settings.reader or (WORDS if by_words else "")
                model: ReaderModel = ReaderByScript(reader_of(name, cache=self._settings.models))
                if self._settings.reranker:
                    reranker = reranker_named(self._settings.reranker, cache=self._settings.models)
                    model = Reranked(model, reranker, is_foreign)
                self._reader = model
            return self._reader

    @property
    def checker(self) -> Checker:
        """What checks sentences against passages."""
        from assistant.checking.checker import Checker
        from assistant.checking.remote_judge import judge_of

        questions, scale = self.questions, self.scale
        with self._loading["others"]:
            if self._checker is None:
                judge = judge_of(self._settings.judge, cache=self._settings.models)
                self._checker = Checker(questions, judge, scale)
            return self._checker
