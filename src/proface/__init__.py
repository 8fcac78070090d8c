"""Hide faces in pictures so that whoever has the password, and only they, can have them back."""

__version__ = "0.1.0"
