"""The words and tables of a model card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError
from ...profile.base import WrongRecovery
from ...profile.trained.model_card import FlowKind, ModelCard
from ..evaluation.evaluate import COMPARISONS, IN_TURN, quality_text
from ..reporting.tables import table

_DESCRIPTIONS = {
    ("paper", "noise"): (
        "PRO-Face S with random wrong recovery (RandWR): keeps a face in its obfuscated picture; "
        "the right key recovers it, and any other key gives noise."
    ),
    ("paper", "obfuscated"): (
        "PRO-Face S with obfuscated wrong recovery (ObfsWR): keeps a face in its obfuscated "
        "picture; the right key recovers it, and any other key gives the obfuscated picture "
        "again, as if nothing were kept in it."
    ),
}
_HARDENED = (
    "PRO-Face S, hardened: what a face differs from its obfuscated picture by is shuffled with the "
    "key into noise before it is kept. The right key recovers the face, a wrong one gives "
)
_DESCRIPTIONS |= {
    ("hardened", "noise"): f"{_HARDENED}noise.",
    ("hardened", "obfuscated"): f"{_HARDENED}the obfuscated picture again.",
}


@dataclass(frozen=True)
class Provenance:
    """Where a model's training data is from, and what that allows."""

    data: str
    licence: str

    @classmethod
    def of(cls, name: str) -> "Provenance":
        """What is known of a profile's name: the shipped ones are described, others are not."""
        return CELEBA if name in SHIPPED else UNSTATED


SHIPPED = ("paper-randwr", "paper-obfswr", "randwr", "obfswr")


CELEBA = Provenance(
    data=(
        "8,000 aligned faces of CelebA, 144 x 144. They come from CelebA's official test "
        "partition, because that is what could be had, and not from its training partition as "
        "the paper's do. No person in them is in the faces used for validation and evaluation."
    ),
    licence=(
        "Research use only. The program is under the MIT licence, but these weights were trained "
        "on CelebA, which is for non-commercial research."
    ),
)
UNSTATED = Provenance(
    data="Not stated.",
    licence="Not stated; it depends on the licence of the training data.",
)

_PAPER_FILES = (
    ("`protect.onnx`", "original, obfuscated, key map to protected"),
    ("`recover.onnx`", "protected, key map to recovered"),
)
_HARDENED_FILES = (
    ("`protect.onnx`", "obfuscated, shuffled residual, key map to protected"),
    ("`recover.onnx`", "protected, key map to shuffled residual, obfuscated"),
)
_PAPER_LIMIT = """\
- This model reproduces the paper's and **does not keep a picture secret**. A wrong key gives what
  the mode promises, but nobody needs this network to look inside: whoever trains a decoder of
  their own on protected pictures can recover most of an original without any key. Use it for
  research and for reproduction, not to protect anyone from a determined attacker.
"""
_HARDENED_LIMIT = """\
- What a protected face gives away without the key is its obfuscated picture, and that picture
  alone: an obfuscator that hides too little is not made better by any key. Measured attacks stand
  in the notebook of the documents.
- That something is hidden can be noticed.
- A wrong key is noticed, and answered, by this program. An attacker's own program shows the
  obfuscated picture and nothing more, whichever the mode.
"""
_LIMITS = """\
- Protected pictures must be kept in lossless files, with their pixels as they are. JPEG,
  resizing or editing destroys what is hidden.
- What can be recovered is pseudonymised, not anonymous: it is still personal data.
"""


def describe(flow: FlowKind, wrong_recovery: WrongRecovery) -> str:
    """A sentence on what the model does."""
    return _DESCRIPTIONS[flow, wrong_recovery]


def render_card(card: ModelCard) -> str:
    """The card for people, in Markdown.

    Raises:
        ModelError: the results are not those of ``proface lab evaluate``.
    """
    shape = card.architecture
    sections = [
        f"# {card.name}\n\n{card.description}\n",
        "## What it is\n",
        f"{shape.blocks} secure affine coupling blocks in the Haar wavelet domain, with dense "
        f"blocks of {shape.depth} convolutions, growth {shape.growth}, and scales clamped at "
        f"{shape.clamp:g} (Yuan et al., arXiv 2307.09146). Any size of face.\n",
        _files(card),
        "## How it was trained\n",
        "With `proface lab train` and these settings; `proface/lab/training/recipe.py` says what "
        "they mean. Each stage began with the network of the one before it.\n",
        _stages(card.training),
        "## Data and licence\n",
        f"{card.training.get('data', UNSTATED.data)}\n\n{card.licence}\n",
        "## Numbers\n",
        *([_numbers(result) for result in card.results] or ["None measured yet.\n"]),
        "## Limits\n",
        (_HARDENED_LIMIT if card.secret else _PAPER_LIMIT) + _LIMITS,
    ]
    return "\n\n".join(section.strip("\n") for section in sections) + "\n"


def _files(card: ModelCard) -> str:
    if card.shares:
        return (
            f"Its files are those of `{card.shares}`: it differs in what a wrong key gives alone, "
            "which is a choice of whoever recovers.\n"
        )
    rows: list[tuple[str, ...]] = [
        *(_HARDENED_FILES if card.secret else _PAPER_FILES),
        ("`network.data`", "the weights of both"),
        ("`sensitivity.npy`", "where rounding to 8 bits hurts recovery most"),
        ("`weights.safetensors`", "what all of them were exported from; not in the wheel"),
        ("`card.json`", "this card for programs"),
    ]
    return table(("file", "what"), rows)


def _stages(training: Mapping[str, Any]) -> str:
    """A column of settings for each run: those it was started from, and the last."""
    last = {name: training[name] for name in training if name not in ("data", "started_from")}
    stages = [*training.get("started_from", []), last | {"taken": last.get("steps")}]
    names = list(dict.fromkeys(name for stage in reversed(stages) for name in stage))
    titles = ("setting", *(f"stage {number}" for number in range(1, len(stages) + 1)))
    rows = [
        (f"`{name}`", *(_text(stage.get(name, "not known then")) for stage in stages))
        for name in names
    ]
    return table(titles, rows)


def _numbers(result: Mapping[str, Any]) -> str:
    try:
        rows = [*result["obfuscators"].items(), ("**average**", result["average"])]
        head = (
            f"{result['faces']} faces of `{result['data']}`, the centre {result['crop']:.0%} of "
            f"the side, at {result['size']} x {result['size']}, "
            f"{IN_TURN if result.get('in_turn') else ''}through saved 8-bit files; PSNR "
            "in dB (in brackets, of pictures never rounded) / SSIM / LPIPS.\n"
        )
        cells = [
            (name, *(quality_text(row, comparison) for comparison in COMPARISONS))
            for name, row in rows
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"the results are not those of an evaluation.json ({error!r})") from error
    titles = ("obfuscator", *(name.replace("_", " ") for name in COMPARISONS))
    return head + "\n" + table(titles, cells)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
