"""Answers for other programs: a JSON API, an endpoint as OpenAI's, and tools by MCP."""
