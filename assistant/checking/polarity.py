"""Negation and direction: whether two sentences about the same thing say opposite things of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.checking.problems import Code, Problem, problem
from index.query import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CUES = frozenset(
    "not no never none neither nor cannot without nobody nothing nowhere hardly scarcely".split()
)
# How many content words after a negation it may deny: "did not, in the end, rise" is one.
_SCOPE = 2
_ENDS = frozenset("on in of for at from to by and or but as when until with after before".split())
# Words that deny by themselves: with one of these in the source, a "not" may be its paraphrase.
_DENYING = frozenset(
    "fail failed fails failing failure refuse refused refuses deny denied denies denying reject "
    "rejected rejects lack lacks lacked lacking absent absence unable ban banned bans prohibit "
    "prohibited prohibits bar barred halt halted stop stopped stops cease ceased exclude "
    "excluded excludes rescind rescinded revoke revoked withdraw withdrawn withdrew cancel "
    "cancelled scrap scrapped decline declined declines avoid avoided unclear unknown untested "
    "undisclosed unlikely impossible unavailable unaffected unchanged incomplete illegal "
    "invalid inconsistent exempt exempted little few barely only rather instead false untrue "
    "still despite block blocked blocks forbid forbidden missing omit omitted omits silent end "
    "ended against except outside beyond restricted apart confidential stay remains yet short "
    "below less unlike closed restrict void non".split()
)
_PAIRS: tuple[tuple[str, str], ...] = (
    (
        "rise rises rose risen rising increase increases increased increasing grow grows grew grown"
        " growing climb climbed climbs jump jumped surge surged soar soared gain gained gains",
        "fall falls fell fallen falling decrease decreases decreased decreasing decline declines "
        "declined declining drop drops dropped dropping shrink shrank shrunk plunge plunged sink "
        "sank tumble tumbled slump slumped slid lose loses lost",
    ),
    ("up", "down"),
    ("before prior earlier preceding precedes preceded until", "after following later since"),
    ("above over exceed exceeds exceeded exceeding upward", "below under beneath"),
    ("raise raises raised raising hike hiked", "lower lowers lowered lowering reduce reduces "
     "reduced reducing slash slashed"),
    ("lead leads led leading beat beats outperform outperforms outperformed surpass surpasses "
     "surpassed", "lag lags lagged lagging trail trails trailed trailing"),
    ("extend extends extended extending renew renewed", "rescind rescinds rescinded revoke revokes "
     "revoked cancel cancelled cancels suspend suspends suspended"),
    ("welcome welcomes welcomed praise praises praised hail hailed", "criticise criticises "
     "criticised criticize criticizes criticized condemn condemned slam slammed"),
    ("publish publishes published disclose discloses disclosed reveal reveals revealed",
     "withhold withholds withheld conceal conceals concealed confidential secret"),
    ("permanent permanently", "temporary temporarily suspend suspended"),
    ("debt loan loans", "equity"),
    ("more majority", "less fewer minority"),
    ("larger bigger largest biggest", "smaller smallest"),
    ("higher highest greater", "lower lowest"),
    (
        "keep keeps kept keeping retain retains retained maintain maintains maintained",
        "abandon abandons abandoned drop drops dropped discard discards discarded",
    ),
    ("maximum", "minimum"),
    ("allow allows allowed allowing permit permits permitted authorise authorize authorised "
     "authorized let lets",
     "ban bans banned banning prohibit prohibits prohibited forbid forbids forbidden bar bars "
     "barred block blocks blocked disallow"),
    ("approve approves approved approval accept accepts "
     "accepted adopt adopts adopted agree agreed", "reject rejects rejected refuse refuses "
     "refused deny denies denied disapprove"),
    ("support supports supported supporting back backs backed favour favor favoured favored",
     "oppose opposes opposed opposing against objected"),
    ("win wins won winning", "lose loses lost losing"),
    ("buy buys bought buying purchase purchases purchased invest invests invested acquire "
     "acquired", "sell sells sold selling"),
    ("import imports imported importing", "export exports exported exporting"),
    ("tighten tightens tightened tightening toughen toughened stricter strengthen strengthened",
     "ease eases eased easing loosen loosens loosened relax relaxes relaxed weaken weakened "
     "looser"),
    ("impose imposes imposed imposing introduce introduces introduced add adds added",
     "lift lifts lifted rescind rescinds rescinded revoke revokes revoked remove removes removed "
     "repeal repealed withdraw withdrew withdrawn scrap scrapped"),
    ("start starts started begin begins began begun open opens opened opening",
     "end ends ended ending finish finished stop stops stopped close closes closed closing cease "
     "ceased"),
    ("include includes included including", "exclude excludes excluded excluding"),
    ("guilty", "innocent"), ("convicted", "acquitted"), ("legal lawful", "illegal unlawful"),
    ("possible", "impossible"), ("likely", "unlikely"), ("public", "private"),
    ("cheaper cheap cheapest", "expensive dearer costlier costly"),
    ("faster fast fastest quicker quickly rapidly", "slower slow slowest slowly"),
    ("better best improve improved improves", "worse worst worsen worsened worsens"),
    ("first", "last"), ("ahead", "behind"), ("major", "minor"), ("true", "false"),
    ("success succeed succeeded succeeds", "failure fail failed fails"),
    ("domestic", "foreign"), ("military", "civilian"), ("confirm confirmed confirms",
     "deny denied denies refute refuted"), ("widen widened widens", "narrow narrowed narrows"),
    ("accelerate accelerated", "slow slowed slowdown"), ("strong stronger", "weak weaker"),
    ("upgrade upgraded", "downgrade downgraded"), ("hire hired hires", "fire fired fires laid"),
    ("arrive arrived", "depart departed"), ("optional voluntary", "mandatory compulsory required"),
)  # fmt: skip


def _sides() -> dict[str, list[tuple[int, int]]]:
    sides: dict[str, list[tuple[int, int]]] = {}
    for number, pair in enumerate(_PAIRS):
        for side, words in enumerate(pair):
            for word in words.split():
                sides.setdefault(word, []).append((number, side))
    return sides


_SIDES = _sides()


def negations(
    claim: str, source: str, around: str, stem: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield where `claim` denies what the sentences of `source` affirm, or the reverse.

    `around` is the source with the sentences beside it, where a "not" of the claim may have its
    ground ("declined", "outside"). `stem` folds a word to what its forms share.
    """
    said, given = _Polarity(claim, stem), _Polarity(source, stem)
    near = _Polarity(around, stem)
    if said.cues and not near.cues and not near.denying:
        yield problem(Code.NEGATION_ADDED, said.cues[0])
        return
    denied = sorted(said.denied & given.affirmed - given.denied)
    if denied and not given.denying and len(said.cues) > len(given.cues):
        yield problem(Code.NOT_DENIED, said.word(denied[0]))
    if said.denying:
        return
    for scope in given.scopes:
        # Where the claim denies the same words, or has one of them only, it may say the same.
        if scope and scope <= said.affirmed - said.denied and (not said.cues or len(scope) > 1):
            yield problem(Code.DENIED, said.word(sorted(scope)[0]))
            return


class _Polarity:
    """The content words of a text: which are denied, which are not, and by what."""

    def __init__(self, text: str, stem: Callable[[str], str]) -> None:
        self.cues: list[str] = []
        self.denied: set[str] = set()
        self.affirmed: set[str] = set()
        self.scopes: list[set[str]] = []
        self.denying = False
        self._words: dict[str, str] = {}
        scope = 0
        for place, word in enumerate(words := _words(text)):
            if _is_cue(word, words[place + 1 : place + 3]):
                self.cues.append(word)
                self.scopes.append(set())
                scope = _SCOPE
                continue
            if word in _DENYING:
                self.denying = True
            if word in _ENDS:
                scope = 0
            if word in STOP_WORDS or len(word) < 3:
                continue
            root = stem(word)
            self._words.setdefault(root, word)
            if scope:
                self.denied.add(root)
                self.scopes[-1].add(root)
                scope -= 1
            else:
                self.affirmed.add(root)

    def word(self, root: str) -> str:
        return self._words.get(root, root)


def _words(text: str) -> list[str]:
    return [match[0].lower().replace("’", "'") for match in _WORD.finditer(text)]


def cue_places(text: str) -> list[tuple[str, int]]:
    """Return the words of a text that deny, each with the offset at which it stands."""
    found = list(_WORD.finditer(text))
    words = [match[0].lower().replace("’", "'") for match in found]
    return [
        (word, match.start())
        for place, (word, match) in enumerate(zip(words, found, strict=True))
        if _is_cue(word, words[place + 1 : place + 3])
    ]


def _is_cue(word: str, after: Sequence[str]) -> bool:
    if word == "no" and after and ((after[0] == "more" and after[1:] == ["than"]) or
                                   after[0][0].isdigit()):  # fmt: skip
        return False
    if word == "not" and after and after[0] in {"only", "just", "merely"}:
        return False
    return word in _CUES or word.endswith("n't")


# What a writer may not put in: words that widen a statement to everything.
_WHOLE = frozenset("all every each always entirely completely solely exclusively everyone".split())
_WHOLE_KIN = _WHOLE | frozenset("any both whole total entire full".split())
_ALONE = frozenset("entirely completely solely exclusively".split())


def widened(claim: str, source: str) -> Iterator[Problem]:
    """Yield the words of `claim` that make it general ("all") where `source` has none such."""
    given = set(_words(source))
    if _WHOLE_KIN & given:
        return
    for word in _words(claim):
        if word in _WHOLE and not (word in _ALONE and given & {"only", "alone"}):
            yield problem(Code.SCOPE_WIDENED, word)
            return


def directions(claim: str, source: str) -> Iterator[Problem]:
    """Yield the words of direction in `claim` ("rose") where `source` has only their opposite."""
    said, given = _words(claim), set(_words(source))
    for word in dict.fromkeys(said):
        for pair, side in _SIDES.get(word, ()):
            own, other = (_PAIRS[pair][one].split() for one in (side, 1 - side))
            against = [one for one in other if one in given]
            if against and not given & set(own) and not set(other) & set(said):
                yield problem(Code.OPPOSITE, word, against[0])
