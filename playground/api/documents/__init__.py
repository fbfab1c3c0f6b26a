"""The documents that programs send and get: OpenAI's shapes, and a run as Markdown."""
