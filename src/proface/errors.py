"""Errors a caller can act on; a message says what was wrong, with which value, and what to do."""


class ProfaceError(Exception):
    """Base class of every error that proface raises on purpose."""


class PictureError(ProfaceError):
    """A picture cannot be read, or is of a kind that cannot be protected."""


class VideoError(ProfaceError):
    """A video cannot be read, or is of a kind that cannot be protected."""


class NoFaceError(ProfaceError):
    """No face was found, and none was given."""


class BoxError(ProfaceError):
    """Face boxes are malformed or lie outside the picture."""


class ObfuscatorError(ProfaceError):
    """An obfuscator is unknown or was given a strength it cannot work with."""


class ModelError(ProfaceError):
    """A profile is unknown, or its weights or runtime are missing or damaged."""


class PasswordError(ProfaceError):
    """A password or key is missing, empty or malformed."""


class WrongKeyError(PasswordError):
    """No slot of a file opens with this password, key or identity: it is another file's."""


class IdentityError(PasswordError):
    """An identity or a signing key cannot be read, is encrypted, or others may read its file."""


class RecipientError(ProfaceError):
    """A recipient is none, or there are too many."""


class GrantError(ProfaceError):
    """A grant is garbled, for another picture, or of no use for this identity."""


class ManifestError(ProfaceError):
    """A manifest is absent, garbled, too new, or asks for what must be refused."""


class DamagedPictureError(ProfaceError):
    """A protected picture was changed since: saved with loss, resized or painted over."""


class AuthenticityError(DamagedPictureError):
    """A manifest, a scene or a clip's order is not what was protected: do not trust it."""


class OptionError(ProfaceError):
    """An option has no such value, or does not go with the profile or with another option."""


class ClusterError(ProfaceError):
    """A cluster that shall do the work is not there."""


class OutputError(ProfaceError):
    """A result cannot be written where it was asked for."""
