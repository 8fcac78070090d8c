"""The weighted mean of two networks of one lineage, which often has the better of both."""

from pathlib import Path

from ...errors import ModelError
from .weights import load_network, write_weights


def average(first: Path, second: Path, share: float, out: Path) -> None:
    """Write ``(1 - share) first + share second`` of two networks as weights of their own.

    The second's recipe, which may name the first among those it was started from, goes into the
    header with the share.

    Raises:
        ModelError: a file cannot be read, the architectures differ, or the share is not in 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ModelError(f"the share of the second network is {share}; it must be from 0 to 1")
    network, _ = load_network(first)
    other, header = load_network(second)
    if network.architecture != other.architecture:
        raise ModelError(f"{first} and {second} differ in architecture")
    addend = other.state_dict()
    for name, tensor in network.state_dict().items():
        tensor.lerp_(addend[name], share)
    write_weights(network, header["recipe"] | {"averaged": share}, out)
