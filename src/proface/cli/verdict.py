"""What a verification comes to, in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # Only here: these bring numpy, for which `proface --version` need not wait.
    from ..keys.signing import SignatureState
    from ..picture.results import Answer, Scene

State = Literal["authentic", "signed", "not proved", "not authentic"]

MANIFEST: "dict[Answer, str]" = {
    "yes": "authentic: nothing that it says was changed since whoever had the key made it",
    "no": "NOT AUTHENTIC: it was changed after the faces were protected",
    "unknown": "cannot be said: without a secret, a forged manifest looks the same",
}
SCENE: "dict[Scene, str]" = {
    "unchanged": "unchanged: all that is seen outside the faces is what the manifest stands for",
    "changed": "CHANGED: what is seen outside the faces is not what was protected",
    "unknown": "cannot be said: the file was saved with loss, which changes every pixel",
}
PIXELS: "dict[Scene, str]" = {
    "unchanged": "pixels unchanged",
    "changed": "pixels CHANGED",
    "unknown": "pixels: cannot be said, the file was saved with loss",
}
SIGNED = "signed: what it says of the picture is what the signer vouches for"
PAPER = "cannot be said: the paper's profiles authenticate nothing"


@dataclass(frozen=True)
class Verdict:
    """What a verification comes to."""

    state: State
    sentence: str


def judge(
    authentic: "Answer",
    signature: "SignatureState",
    problems: Sequence[str],
    limits: Sequence[str],
    asked: bool,
) -> Verdict:
    """What a verification comes to.

    Args:
        authentic: whether the manifest is.
        signature: what it proves.
        problems: what speaks against the file.
        limits: what could not be said, a clause each.
        asked: whether a secret was given.
    """
    if problems:
        reasons = "; ".join(problems)
        return Verdict("not authentic", f"NOT AUTHENTIC, do not rely on it: {reasons}")
    but = "".join(f"; but {limit}" for limit in limits)
    by = ", and the signer that was named signed it" if signature == "valid" else ""
    if authentic == "yes":
        return Verdict("authentic", f"authentic: the secret proves it{by}{but}")
    if signature == "valid":
        return Verdict(
            "signed",
            "authentic as far as the signature goes: the signer that was named signed what is "
            f"seen; whether the faces open, only a secret can tell{but}",
        )
    why = (
        "the paper's profiles authenticate nothing"
        if asked
        else "a secret or the signer's key was not given, and without one a forged file looks the "
        "same"
    )
    return Verdict("not proved", f"nothing was proved: nothing speaks against it, but {why}")
