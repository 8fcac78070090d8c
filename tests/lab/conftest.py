import pytest

pytest.importorskip("torch", reason="needs the extra proface[lab]")


@pytest.fixture(scope="module", autouse=True)
def quick_sensitivity(request):
    """Measure it on small faces, since whole networks are exported and trained again and again."""
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__.rpartition(".")[2] != "test_sensitivity":
            patch.setattr("proface.lab.sensitivity._SIDE", 32)
            patch.setattr("proface.lab.sensitivity._PROBES", 1)
        yield
