"""The laboratory: training, evaluating and exporting models. Needs torch."""
