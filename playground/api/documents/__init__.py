"""The documents that programs get: OpenAI's shapes, and a run as Markdown."""
