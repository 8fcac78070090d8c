import pytest

pytest.importorskip("torch", reason="needs the extra proface[lab]")
