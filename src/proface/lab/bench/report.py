"""A benchmark's results as tables for people."""

from typing import Any


def text(result: dict[str, Any]) -> str:
    """Markdown of all parts that were measured, wins and losses alike."""
    machine = result["machine"]
    head = [
        f"{machine['processor']}, {machine['cores']} cores"
        f" ({', '.join(machine['instructions']) or 'instructions unknown'}), "
        f"GPU: {machine['gpu'] or 'none'}; {machine['date']}, commit {machine['commit']}, "
        f"seed {result['seed']}; load {result['load']['before']} before, "
        f"{result['load']['after']} after.",
        ", ".join(f"{name} {value}" for name, value in machine["versions"].items() if value) + ".",
    ]
    writers = {
        "unit": _unit,
        "graphics": _graphics,
        "photographs": _photographs,
        "processes": _processes,
        "growth": _growth,
    }
    parts = [writer(result[name]) for name, writer in writers.items() if name in result]
    return "\n\n".join([*head, *parts]) + "\n"


def _table(columns: list[str], rows: list[list[object]]) -> str:
    lines: list[list[object]] = [[*columns], ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _unit(part: dict[str, Any]) -> str:
    rows: list[list[object]] = [
        [name, row["milliseconds"], " to ".join(map(str, row["quartiles"])), row["of_yardstick"]]
        for name, row in part["contestants"].items()
    ]
    title = (
        f"One pass of {part['parameters']:,} parameters, {part['batch']} faces of {part['side']} x "
        f"{part['side']} at once; the yardstick is {part['yardstick']}:"
    )
    return f"{title}\n\n" + _table(["", "ms a face", "quartiles", "of the yardstick"], rows)


def _graphics(part: dict[str, Any]) -> str:
    if "skipped" in part:
        return f"Table V's unit on a CUDA card: not measured, {part['skipped']}."
    rows: list[list[object]] = [
        [
            name,
            *(f"{value * 1e3:.3f}" for value in part["seconds"].get(name, ())),
            part["recovered_psnr"][name],
        ]
        for name in part["recovered_psnr"]
    ]
    title = f"{part['faces']} faces of {part['side']} x {part['side']} on {part['card']}:"
    columns = ["", "ms", "lower quartile", "upper quartile", "recovered, dB"]
    return f"{title}\n\n" + _table(columns, rows)


def _photographs(part: dict[str, Any]) -> str:
    stages = sorted({name for each in part["runtimes"].values() for name in each["shares"]})
    rows: list[list[object]] = [
        [
            name,
            each["seconds"],
            *(f"{each['shares'].get(stage, 0):.1%}" for stage in stages),
            f"{each['outside']:.1%}",
        ]
        for name, each in part["runtimes"].items()
    ]
    some = next(iter(part["runtimes"].values()))["photographs"]
    title = (
        f"`proface protect` on {len(some)} photographs of {some[-1]['megapixels']} to "
        f"{some[0]['megapixels']} megapixels, {part['rounds']} timed runs of each; Argon2id takes "
        f"{part['key_derivation_seconds']} s, partly beside other stages:"
    )
    columns = ["provider", "seconds", *stages, "neither detection nor network"]
    return f"{title}\n\n" + _table(columns, rows)


def _processes(part: dict[str, Any]) -> str:
    rows: list[list[object]] = [[f"`proface {k}`", *v] for k, v in part["cold_start"].items()]
    large = part["large"]
    return (
        _table(["cold start", "s", "lower quartile", "upper quartile"], rows)
        + f"\n\nA photograph of {large['width']} x {large['height']} with a face of "
        f"{large['largest_face']} pixels: {large['peak_mib']} MiB at most, {large['seconds']} s, "
        f"on {large['provider']}."
    )


def _growth(part: dict[str, Any]) -> str:
    return (
        f"Time grows with the pixels of a face to the power {part['side']['exponent']}, and with "
        f"the number of faces to the power {part['faces']['exponent']}."
    )
