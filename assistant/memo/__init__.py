"""Briefing memos: written from evidence, checked, linted, exported, and compared later."""
