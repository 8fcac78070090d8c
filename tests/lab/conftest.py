import pytest
from PIL import Image
from skimage.data import astronaut

from tests.shared import shared

pytest.importorskip("torch", reason="needs the extra proface[lab]")


@pytest.fixture(scope="module", autouse=True)
def quick_sensitivity(request):
    """Measure it on small faces, since whole networks are exported and trained again and again."""
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__.rpartition(".")[2] != "test_sensitivity":
            patch.setattr("proface.lab.network.sensitivity._SIDE", 32)
            patch.setattr("proface.lab.network.sensitivity._PROBES", 1)
        yield


@pytest.fixture(scope="module")
def lpips_weights():
    """LPIPS's weights from the shared data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROFACE_LPIPS", str(shared("lpips")))
        yield


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A folder of four training faces."""
    folder = tmp_path_factory.mktemp("faces")
    face = Image.fromarray(astronaut()[0:220, 110:330])
    for turn in range(4):
        face.rotate(7 * turn).resize((144, 144)).save(folder / f"{turn}.png")
    return folder
