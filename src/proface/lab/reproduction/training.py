"""Networks that are trained for a table, all by an equal number of steps, and kept."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import OptionError
from ..data.pictures import list_pictures
from ..evaluation.evaluate import EvaluationOptions, evaluate
from ..network.weights import load_network
from ..training.recipe import Recipe
from ..training.train import Run, train
from .flows import flow_of
from .setting import ReproductionSetting, Results, measured


def measure_trained(
    setting: ReproductionSetting, name: str, recipe: Recipe, residual: bool = True
) -> Results:
    """Train a network if it is not there yet, and measure it on the faces of Table IV.

    ``name`` is of the file of results; ``residual`` as for `flows.flow_of`.

    Raises:
        OptionError: no training faces were given, or what is kept was made under other conditions.
        ProfaceError: training or evaluation fails.
    """
    faces, pictures = setting.ablation_set, setting.train
    if pictures is None:
        raise OptionError("ablations and blocks train networks; name a folder with --train")
    conditions: Mapping[str, Any] = {
        "recipe": recipe.as_dict(),
        "training_pictures": len(list_pictures(pictures)),
        "residual": residual,
        "set": faces.name,
        "count": setting.count,
        "crop": faces.crop,
        "obfuscators": setting.obfuscators,
    }

    def work() -> Results:
        network, _ = load_network(_trained(setting, pictures, recipe))
        flow = flow_of(network, recipe, residual)
        options = EvaluationOptions(setting.obfuscators, limit=setting.count)
        return evaluate(flow, name, faces, options).as_dict()

    return measured(setting, name, conditions, work)


def _trained(setting: ReproductionSetting, pictures: Path, recipe: Recipe) -> Path:
    """The weights of a run, which is resumed if it was killed; equal recipes share one."""
    digest = hashlib.sha256(json.dumps(recipe.as_dict()).encode()).hexdigest()[:12]
    run = Run(
        pictures,
        setting.work / "runs" / f"{recipe.flow}-{recipe.mode}-{digest}",
        validation_crop=recipe.crop,
        validate_every=recipe.steps,
        kept_copies=setting.copies or setting.work / "covers",
    )
    return run.weights if run.weights.exists() else train(run, recipe)
