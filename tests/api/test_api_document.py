"""The OpenAPI document: its examples are valid, and whatever it allows, and more, never makes the server fail."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from tests.api.opened import HOST, OpenApi

from handwriting_ai.architectures import architecture_names
from handwriting_ai.training.recipes import recipe_names

Tree = dict[str, object]
_DOCUMENT = TypeAdapter(dict[str, object])
_BRANCHES = TypeAdapter(dict[str, dict[str, object]])
_NEVER_BY_CHANCE = "positive_data_acceptance"
"""The check that valid data is accepted: no generator draws a picture."""


@pytest.fixture(scope="module")
def document(shared_client: TestClient) -> Tree:
    """What `/openapi.json` says."""
    return _DOCUMENT.validate_json(shared_client.get("/openapi.json").content)


def _schemas(document: Tree) -> dict[str, Tree]:
    return _BRANCHES.validate_python(_DOCUMENT.validate_python(document["components"])["schemas"])


def test_every_schema_has_an_example_that_is_valid(document: Tree) -> None:
    """Against itself, with all it refers to; a list of words is its own example."""
    schemas = _schemas(document)
    assert len(schemas) >= 10
    for name, schema in schemas.items():
        examples = schema.get("examples") or schema.get("enum")
        assert isinstance(examples, list), f"{name} has no example."
        whole: Tree = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for example in examples:
            jsonschema_rs.validate(whole, example)


def test_the_document_lists_what_can_be_trained(document: Tree) -> None:
    """Architectures and recipes by name."""
    fields = _BRANCHES.validate_python(_schemas(document)["TrainRequest"]["properties"])
    assert fields["arch"]["enum"] == list(architecture_names())
    assert fields["recipe"]["enum"] == list(recipe_names())


def test_every_route_is_in_the_document(document: Tree) -> None:
    """Those of the contract, and no other."""
    assert set(_BRANCHES.validate_python(document["paths"])) == {
        "/healthz",
        "/readyz",
        "/version",
        "/metrics",
        "/v1/models/active",
        "/v1/read",
        "/v1/predict",
        "/v1/read-page",
        "/v1/read-many",
        "/v1/train",
        "/v1/jobs/{job_id}",
    }


@pytest.mark.parametrize("key", ["", "a-key"])
def test_nothing_that_the_document_allows_makes_the_server_fail(
    api: OpenApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    """Schemathesis asks valid and broken requests: no 500, no status, type, header or body that is not documented."""
    monkeypatch.setenv("SECURITY__API_KEY", key)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://{HOST}:{api.served()}/openapi.json"]
    options = ["--checks=all", f"--exclude-checks={_NEVER_BY_CHANCE}", "--max-examples=40", "--seed=1", "--no-color"]
    options += ["--generation-database=none", *([f"--header=X-Api-Key: {key}"] if key else [])]
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # the command runs none of our code
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stdout
    assert "11 selected / 11 total" in done.stdout
