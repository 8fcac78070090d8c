"""The HTTP interface against its own OpenAPI schema, with fields and pictures made at random."""

import asyncio

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from proface.service.app import create_app
from tests.service.serving import PASSWORD, png, protected_cheaply, random_pixels, serving

PICTURES = [
    png(random_pixels(0, 32)),
    protected_cheaply(random_pixels(1, 32), PASSWORD),
    png(random_pixels(2, 32))[:-40],
]
schemathesis.openapi.media_type(
    "application/octet-stream", st.sampled_from(PICTURES) | st.binary(max_size=100)
)


async def described() -> dict:
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return (await client.get("/api/openapi.json")).json()


schema = schemathesis.openapi.from_dict(asyncio.run(described()))


@pytest.fixture(scope="module")
def address():
    with serving() as client:
        yield str(client.base_url).rstrip("/")


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_tells_of(case, address: str) -> None:
    # What fits the schema may still be no picture, or name an obfuscator that does not exist.
    case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance], timeout=60)
