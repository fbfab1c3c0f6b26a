"""MoA Playground: recipes of language models, run by workers and watched live."""
