"""A question analysed once: follow-ups rewritten, sub-questions, entities, time, form of answer."""
