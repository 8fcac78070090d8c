"""Pictures as files: read, written, and what else a file carries."""
