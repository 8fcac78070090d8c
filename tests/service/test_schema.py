"""The HTTP interface against its own OpenAPI schema, with fields and pictures made at random."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from .serving import PASSWORD, png, protected_cheaply, random_pixels, serving

PICTURES = [
    png(random_pixels(0, 32)),
    protected_cheaply(random_pixels(1, 32), PASSWORD),
    png(random_pixels(2, 32))[:-40],
]
schemathesis.openapi.media_type(
    "application/octet-stream", st.sampled_from(PICTURES) | st.binary(max_size=100)
)


@pytest.fixture(scope="module")
def described():
    with serving() as client:
        yield schemathesis.openapi.from_url(f"{client.base_url}api/openapi.json")


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_tells_of(case) -> None:
    # What fits the schema may still be no picture, or name an obfuscator that does not exist.
    case.call_and_validate(excluded_checks=[positive_data_acceptance], timeout=60)
