"""Questions of the field as examples: nothing of a document kept apart is trained on."""

from __future__ import annotations

from pathlib import Path

from assistant.settings import Settings
from assistant.workspace import Workspace
from training.domain import Stored, read_examples, written
from training.split import is_apart


def test_passages_of_documents_kept_apart_are_left_out_of_training(tmp_path: Path) -> None:
    """Also those that were found for a question about another document."""
    names = [f"h/{number}.md" for number in range(40)]
    ours = next(name for name in names if not is_apart(name))
    theirs = next(name for name in names if is_apart(name))
    spans = {}
    data = tmp_path / "data"
    with Workspace(Settings(home=data, embedder="hash", engine="extractive")) as workspace:
        for name in (ours, theirs):
            (tmp_path / "h").mkdir(exist_ok=True)
            (tmp_path / name).write_text(f"The mill {name} has two wheels. It grinds rye.")
            list(workspace.add([tmp_path / name]))
        for entry in workspace.library.entries():
            (spans[f"h/{Path(entry.source.location).name}"],) = workspace.library.passages_of(
                entry.id
            )
    stored = [
        Stored(name, spans[name].start, spans[name].end, gold, name == ours, name == ours)
        for name, gold in ((ours, (0,)), (theirs, ()))
    ]
    file = tmp_path / "q.json.gz"
    written([{"q": "How many wheels?", "source": "t", "passages": stored}], file)
    made, apart = read_examples([file], [data], seed=1)
    assert made and not apart
    assert not any(theirs in sentence for one in made for sentence in one.sentences)
    written([{"q": "How many wheels?", "source": "t", "passages": stored[::-1]}], file)
    made, apart = read_examples([file], [data], seed=1)
    assert not made and len(apart) == 2
