"""What the paper reports in its section V: Tables I to V (arXiv 2307.09146).

Qualities are PSNR in dB, SSIM and LPIPS. The rows stand here as they are printed there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..evaluation.metrics import Quality

SETS = ("lfw", "celeba", "ffhq")
"""In the order of the columns."""
AVERAGE = "average"
OBFUSCATORS = {
    "GB": "gaussian",
    "PL": "pixelate",
    "MB": "median",
    "FS": "faceshifter",
    "SS": "simswap",
    "MS": "sticker",
}
"""The paper's abbreviations, and our names."""
SHARED = ("gaussian", "pixelate", "median", "sticker")
"""Those that work here without files of the user's own."""

Cells = Mapping[str, Quality]
"""By data set; a missing one was not reported."""


@dataclass(frozen=True)
class Rows:
    """One of the comparisons of Tables I to III."""

    others: Mapping[str, Cells]
    """Other methods, by name."""
    randwr: Mapping[str, Cells]
    """By obfuscator, and the average over all six."""
    obfswr: Mapping[str, Cells]

    def mode(self, name: str) -> Mapping[str, Cells]:
        """The rows of a wrong-recovery mode, ``randwr`` or ``obfswr``."""
        return self.randwr if name == "randwr" else self.obfswr


def _cells(values: list[str]) -> dict[str, Quality]:
    triples = [values[at : at + 3] for at in (0, 3, 6)]
    return {
        name: Quality(*map(float, triple))
        for name, triple in zip(SETS, triples, strict=True)
        if "-" not in triple
    }


def _read(text: str) -> Rows:
    """Rows of a name and nine values; ``RandWR`` or ``ObfsWR`` begin the paper's own."""
    groups: dict[str, dict[str, Cells]] = {"others": {}, "RandWR": {}, "ObfsWR": {}}
    for line in text.strip().splitlines():
        *names, mode_or_name = line.split()[:-9]
        if names and names[0] in ("RandWR", "ObfsWR"):
            groups[names[0]][OBFUSCATORS.get(mode_or_name, AVERAGE)] = _cells(line.split()[-9:])
        else:
            groups["others"][" ".join([*names, mode_or_name])] = _cells(line.split()[-9:])
    return Rows(groups["others"], groups["RandWR"], groups["ObfsWR"])


PROTECTED = _read("""
PRO-Face 34.77 0.973 0.0261 34.95 0.969 0.0206 34.68 0.966 0.0253
IMN 48.79 0.989 0.0079 48.57 0.988 0.0081 48.97 0.991 0.0068
RandWR Avg. 44.92 0.990 0.0001 43.81 0.989 0.0001 43.17 0.988 0.0001
ObfsWR Avg. 39.14 0.975 0.0005 38.20 0.971 0.0006 38.08 0.970 0.0007
RandWR GB 46.64 0.991 0.0 45.25 0.987 0.0001 45.11 0.986 0.0001
RandWR PL 44.1 0.992 0.0001 43.23 0.99 0.0001 42.82 0.989 0.0001
RandWR MB 44.81 0.991 0.0001 43.85 0.988 0.0001 43.52 0.987 0.0001
RandWR FS 47.87 0.996 0.0 46.4 0.996 0.0 45.04 0.994 0.0001
RandWR SS 47.97 0.997 0.0 46.31 0.996 0.0 44.89 0.995 0.0001
RandWR MS 38.11 0.975 0.0002 37.8 0.973 0.0002 37.66 0.973 0.0002
ObfsWR GB 42.1 0.974 0.0003 41.14 0.968 0.0004 41.11 0.967 0.0005
ObfsWR PL 38.92 0.979 0.0006 38.15 0.975 0.0007 38.13 0.974 0.0007
ObfsWR MB 40.3 0.976 0.0005 39.47 0.97 0.0006 39.51 0.969 0.0007
ObfsWR FS 40.99 0.986 0.0003 39.72 0.984 0.0004 39.42 0.982 0.0005
ObfsWR SS 40.83 0.986 0.0003 39.27 0.985 0.0004 39.01 0.983 0.0004
ObfsWR MS 31.69 0.947 0.001 31.43 0.943 0.0011 31.32 0.943 0.0012
""")
"""Table I."""

RECOVERED = _read("""
Gu 30.8 0.938 0.0632 30.52 0.932 0.0682 28.16 0.921 0.0875
Cao - - - 27.5 0.902 0.062 - - -
RAPP - - - 29.06 0.809 0.057 - - -
RiDDLE (e2e) 21.65 0.789 0.2213 19.19 0.714 0.2285 20.56 0.749 0.2591
RiDDLE (latent) 27.14 0.921 0.0941 26.2 0.9 0.089 27.14 0.921 0.0941
IMN 49.1 0.995 0.0210 49.14 0.995 0.0175 48.83 0.995 0.0172
RandWR Avg. 46.87 0.998 0.0044 44.76 0.997 0.0043 41.14 0.990 0.0061
ObfsWR Avg. 37.95 0.985 0.0170 36.76 0.981 0.0176 35.86 0.977 0.0194
RandWR GB 49.18 0.998 0.0009 46.37 0.997 0.0014 42.03 0.992 0.0031
RandWR PL 46.91 0.997 0.0021 44.9 0.996 0.0024 41.19 0.991 0.0044
RandWR MB 44.36 0.998 0.0079 42.98 0.996 0.0067 40.3 0.992 0.0073
RandWR FS 49.49 0.998 0.0009 46.77 0.997 0.0013 42.25 0.993 0.0031
RandWR SS 49.05 0.998 0.001 46.27 0.997 0.0015 41.87 0.992 0.0034
RandWR MS 42.2 0.987 0.0139 41.26 0.986 0.0127 39.22 0.981 0.0153
ObfsWR GB 37.7 0.984 0.0167 36.06 0.977 0.0191 35.3 0.975 0.022
ObfsWR PL 38.82 0.985 0.0149 37.52 0.982 0.016 36.43 0.978 0.0178
ObfsWR MB 37.5 0.984 0.0191 35.95 0.978 0.0215 35.18 0.975 0.0238
ObfsWR FS 38.13 0.986 0.017 37.33 0.984 0.0163 36.31 0.98 0.0166
ObfsWR SS 38.13 0.988 0.018 37.08 0.985 0.0177 36.12 0.981 0.0196
ObfsWR MS 37.41 0.98 0.0159 36.64 0.978 0.0152 35.8 0.975 0.0165
""")
"""Table II."""

WRONG = _read("""
RandWR Avg. 10.45 0.183 0.9454 9.86 0.164 0.9616 10.53 0.186 0.9988
RandWR GB 10.44 0.179 0.9494 9.86 0.16 0.9680 10.54 0.183 1.0037
RandWR PL 10.46 0.183 0.9454 9.89 0.165 0.9603 10.53 0.184 0.9997
RandWR MB 10.45 0.179 0.9489 9.86 0.161 0.9650 10.51 0.183 1.0027
RandWR FS 10.47 0.182 0.9465 9.87 0.163 0.9617 10.56 0.186 0.9993
RandWR SS 10.47 0.182 0.9467 9.86 0.163 0.9628 10.53 0.184 1.0011
RandWR MS 10.39 0.192 0.9355 9.8 0.171 0.952 10.54 0.198 0.9864
ObfsWR Avg. 28.97 0.968 0.0147 30.03 0.965 0.0122 28.76 0.971 0.0153
ObfsWR GB 24.57 0.966 0.0281 27.03 0.969 0.0212 25.49 0.969 0.0291
ObfsWR PL 28.57 0.963 0.0102 29.73 0.959 0.0085 28.36 0.969 0.0103
ObfsWR MB 25.39 0.96 0.021 27.65 0.960 0.0168 25.9 0.965 0.0212
ObfsWR FS 33.64 0.977 0.0095 34.10 0.970 0.0082 32.48 0.982 0.0104
ObfsWR SS 34.55 0.985 0.0097 34.82 0.982 0.0088 33.3 0.986 0.0094
ObfsWR MS 27.12 0.955 0.0098 26.83 0.949 0.01 27.02 0.957 0.0115
""")
"""Table III: RandWR to the original, where low is good; ObfsWR to the obfuscated, where high is."""

Ablation = Sequence[Quality | None]
"""Protected; recovered; RandWR's wrong key to the original; ObfsWR's to the obfuscated."""


def _read_ablations(text: str) -> dict[str, Ablation]:
    """Rows of a title and four qualities; a dash was not reported."""
    rows: dict[str, Ablation] = {}
    for line in text.strip().splitlines():
        title, *cells = line.split(", ")
        rows[title] = [
            None if each == "-" else Quality(*map(float, each.split())) for each in cells
        ]
    return rows


ABLATIONS = _read_ablations("""
full, 43.81 0.989 0.0001, 44.76 0.995 0.0043, 9.86 0.164 0.9616, 30.03 0.965 0.0122
without Tri_L1, 41.70 0.985 0.0004, 43.34 0.992 0.0045, 10.68 0.284 0.7866, -
without Tri_LPIPS, 39.76 0.934 0.0021, 41.01 0.946 0.0137, -, 28.61 0.923 0.0201
without K in recovery, 42.36 0.984 0.0001, 42.03 0.990 0.0084, 10.12 0.252 0.828, 29.68 0.961 0.0131
""")
"""Table IV, on CelebA."""

COST = {
    "PRO-Face S": ("1.07 million", "0.014 (Gaussian blur) to 0.595 (SimSwap)"),
    "IMN": ("4.05 million", "1.84"),
    "Gu": ("11.43 million", "1.229"),
    "RiDDLE": ("40.03 million", "2.49"),
}
"""Table V: parameters; seconds for a batch of 16 at 112 x 112, on an RTX 3090."""
