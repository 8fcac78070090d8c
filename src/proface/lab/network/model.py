"""The invertible network of PRO-Face S: secure affine coupling blocks in the wavelet domain.

    original   --DWT--> X[1] --+--[ block 1 ]--[ block 2 ]--[ block 3 ]--> X[4] --IWT--> byproduct
    obfuscated --DWT--> Y[1] --+      ^            ^            ^          Y[4] --IWT--> protected
    key map    --DWT--> K ------------+------------+------------+

`forward` goes left to right, `inverse` right to left with `K | K | K` in the place of the lost
X[4]. Pictures are B x 3 x H x W in [-1, 1], key maps B x 1 x H x W in {-1, 1}, H and W even.
Equation numbers are the paper's (arXiv 2307.09146).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from ...profile.trained.rounding import Rounding
from .wavelet import dwt, iwt


@dataclass(frozen=True)
class NetworkShape:
    """What defines the network's shape; stored beside the weights."""

    blocks: int = 3
    """N, the number of coupling blocks."""
    growth: int = 32
    """Channels that each hidden convolution of a dense block adds."""
    depth: int = 5
    """Convolutions in a dense block."""
    clamp: float = 2.0
    """c of a(s) = c (2 sigmoid(s) - 1): a factor is at most exp(c), at least exp(-c)."""

    def as_dict(self) -> dict[str, int | float]:
        """The fields by name, for a weights file's header."""
        return asdict(self)


class DenseBlock(nn.Module):
    """omega, phi, rho or eta: 3 x 3 convolutions, each seeing the input and all earlier outputs.

    Maps B x inputs x h x w to B x outputs x h x w. The last convolution starts at zero, so that
    a new network is the identity; the hidden ones start at half of He's deviation.
    """

    def __init__(self, inputs: int, outputs: int, growth: int, depth: int) -> None:
        super().__init__()
        hidden = [nn.Conv2d(inputs + growth * n, growth, 3, padding=1) for n in range(depth - 1)]
        last = nn.Conv2d(inputs + growth * (depth - 1), outputs, 3, padding=1)
        for convolution in hidden:
            nn.init.kaiming_normal_(convolution.weight, a=0.2)
            convolution.weight.data.mul_(0.5)
            _zero(convolution.bias)
        _zero(last.weight)
        _zero(last.bias)
        self.convolutions = nn.ModuleList((*hidden, last))
        self.activation = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """The block's output, B x outputs x h x w."""
        seen = [features]
        *hidden, last = self.convolutions
        for convolution in hidden:
            seen.append(self.activation(convolution(torch.cat(seen, dim=1))))
        output: Tensor = last(torch.cat(seen, dim=1))
        return output


def _zero(parameter: Tensor | None) -> None:
    if parameter is not None:
        nn.init.zeros_(parameter)


class SecureCouplingBlock(nn.Module):
    """Secure affine coupling block (SACB), eq. 7 to 17.

    Law: ``inverse(*forward(x, y, secret), secret)`` is ``(x, y)`` up to rounding. X and Y are
    B x 12 x h x w, the secret map K is B x 4 x h x w.
    """

    def __init__(self, architecture: NetworkShape) -> None:
        super().__init__()
        self.clamp = architecture.clamp
        shape = (12 + 4, 12, architecture.growth, architecture.depth)
        self.omega, self.phi = DenseBlock(*shape), DenseBlock(*shape)
        self.rho, self.eta = DenseBlock(*shape), DenseBlock(*shape)

    def log_scale(self, features: Tensor) -> Tensor:
        """a(s) = c (2 sigmoid(s) - 1), which is 0 at 0 and stays within (-c, c)."""
        return self.clamp * (2 * torch.sigmoid(features) - 1)

    def forward(self, x: Tensor, y: Tensor, secret: Tensor) -> tuple[Tensor, Tensor]:
        """X[i], Y[i] -> X[i+1], Y[i+1]."""
        keyed = torch.cat((x, secret), dim=1)
        y = y * torch.exp(self.log_scale(self.omega(keyed))) + self.phi(keyed)
        keyed = torch.cat((y, secret), dim=1)
        x = x * torch.exp(self.log_scale(self.rho(keyed))) + self.eta(keyed)
        return x, y

    def inverse(self, x: Tensor, y: Tensor, secret: Tensor) -> tuple[Tensor, Tensor]:
        """X[i+1], Y[i+1] -> X[i], Y[i]."""
        keyed = torch.cat((y, secret), dim=1)
        x = (x - self.eta(keyed)) * torch.exp(-self.log_scale(self.rho(keyed)))
        keyed = torch.cat((x, secret), dim=1)
        y = (y - self.phi(keyed)) * torch.exp(-self.log_scale(self.omega(keyed)))
        return x, y


class ProFaceS(nn.Module):
    """The whole network of the paper; N = 3 blocks have 1,073,040 parameters."""

    def __init__(self, architecture: NetworkShape | None = None) -> None:
        super().__init__()
        self.architecture = architecture or NetworkShape()
        self.blocks = nn.ModuleList(
            SecureCouplingBlock(self.architecture) for _ in range(self.architecture.blocks)
        )

    def _couplings(self) -> Iterator[SecureCouplingBlock]:
        yield from self.blocks  # type: ignore[misc]

    def forward(
        self, original: Tensor, obfuscated: Tensor, key_map: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Hide the original in the obfuscated picture.

        Returns:
            protected and byproduct, both B x 3 x H x W, unrounded and unclamped. The byproduct
            shows the original in part (paper, V-D): never let it leave the machine's memory.
        """
        x, y = self.couple(dwt(original), dwt(obfuscated), dwt(key_map))
        return iwt(y), iwt(x)

    def inverse(
        self, protected: Tensor, key_map: Tensor, lost: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Recover the original from the protected picture; ``lost`` as for `uncouple`.

        Returns:
            recovered and recovery byproduct, both B x 3 x H x W, unclamped.
        """
        x, y = self.uncouple(dwt(protected), dwt(key_map), lost)
        return iwt(x), iwt(y)

    def couple(self, x: Tensor, y: Tensor, secret: Tensor) -> tuple[Tensor, Tensor]:
        """X[1], Y[1] -> X[N+1], Y[N+1]: all blocks forward, in the wavelet domain."""
        for block in self._couplings():
            x, y = block(x, y, secret)
        return x, y

    def uncouple(
        self, y: Tensor, secret: Tensor, lost: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Y[N+1] -> X[1], Y[1]: all blocks backward, with ``K | K | K`` for the lost X[N+1].

        ``lost``, B x 12 x h x w, stands there instead where it is given (an ablation of Table IV).
        """
        x = torch.cat((secret, secret, secret), dim=1) if lost is None else lost
        for block in reversed(list(self._couplings())):
            x, y = block.inverse(x, y, secret)
        return x, y


def round_to_8_bits(picture: Tensor, rounding: Rounding | None = None) -> Tensor:
    """What a saved file keeps of a picture in [-1, 1], with a straight-through gradient.

    The forward value is clamped and brought to the 256 levels of a byte, to the nearest or as
    ``rounding`` does; the gradient is that of the clamp alone.
    """
    clamped = picture.clamp(-1, 1)
    if rounding is None:
        levels = torch.round((clamped.detach() + 1) * 127.5)
    else:
        whole = rounding.to_bytes(clamped.detach().float().cpu().numpy())
        levels = torch.from_numpy(whole).to(clamped).permute(0, 3, 1, 2)
    return clamped + (levels / 127.5 - 1 - clamped.detach())
