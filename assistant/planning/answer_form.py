"""The form of answer that a question expects, by its words: a fact, a list, an explanation."""

from __future__ import annotations

import re
from enum import StrEnum


class AnswerForm(StrEnum):
    """What kind of answer a question wants: one fact, the items of a list, an explanation."""

    FACT = "fact"
    LIST = "list"
    EXPLANATION = "explanation"


_EXPLAINS = re.compile(
    r"\b(?:why|how (?!many|much|long|old|large|big|often|far|fast|tall|soon|high|low|expensive|"
    r"late|early|deep|wide)|explain|compare|comparison|differ\w*|versus|vs|reasons?|consequences?|"
    r"implications?|impact|effects?|affect|what (?:does|do|did|would|should|can|could) .*\b(?:mean|"
    r"learn|do|argue|think|recommend)|summar\w+|overview|pros and cons|advantages?|risks?|"
    r"lessons?|arguments?|tell me about|background)\b|"
    r"为什么|为何|如何|怎么|怎样|比较|区别|影响|意味",
    re.IGNORECASE,
)
# These beginnings ask for one thing, whatever follows ("When did the rule take effect?").
_ASKS_ONE = re.compile(
    r"^(?:and |so |but )?(?:(?:since |by )?when|who|whose|where|how (?:many|much|long|old|large|"
    r"big|often|far|fast|high|low))\b(?!.*\b(?:why|compar\w+|versus|vs)\b)|"
    r"^(?!.*(?:为什么|为何|比较|区别|哪些)).*(?:多少|何时|什么时候|谁|哪里)",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(?:which|what) (?:(?:are|were) )?(?:the |its |their )?(?:\w+ ){0,2}?(?:countries|companies|"
    r"firms|models|chips|agencies|states|labs|laboratories|measures|steps|conditions|requirements|"
    r"exceptions|categories|types|kinds|names)\b|"
    # A plural, and no "class", "status" or "analysis".
    r"\bwhich [a-z]{2,}[^sui\W]s\b(?! (?:is|was|has|does|did)\b)|"
    r"\b(?:list|name|enumerate) |哪些|列出",
    re.IGNORECASE,
)


def expected_form(question: str) -> AnswerForm:
    """Return the form of answer that a question expects, as far as its words tell."""
    if _ASKS_ONE.search(question):
        return AnswerForm.FACT
    if _EXPLAINS.search(question):
        return AnswerForm.EXPLANATION
    return AnswerForm.LIST if _LISTS.search(question) else AnswerForm.FACT
