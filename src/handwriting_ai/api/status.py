"""`/healthz`, `/readyz`, `/version`, `/metrics` and `/v1/models/active`: how the server is."""

from importlib.metadata import version

from fastapi import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.problems import hide_paths
from handwriting_ai.api.resources import Resources
from handwriting_ai.api.schemas import ActiveMember, ActiveModels, Health, Readiness, RefusedModel, Version
from handwriting_ai.config import Settings
from handwriting_ai.errors import EngineNotReady
from handwriting_ai.preprocess import preprocess_signature


class StatusRoutes:
    """Answers without reading a digit."""

    def __init__(self, settings: Settings, resources: Resources, metrics: Metrics) -> None:
        self._digits, self._resources, self._metrics = settings.digits, resources, metrics
        self._version = Version(version=version("handwriting-ai"), preprocess_signature=preprocess_signature())

    async def healthz(self) -> Health:
        """Tell that the process lives and its event loop turns."""
        return Health(status="ok")

    async def readyz(self, response: Response) -> Readiness:
        """Tell which models answer, and why others do not, or older ones still do; 503 as long as none answers."""
        reader = self._resources.reader.digits
        if not reader.engine.ready:
            response.status_code = 503
        refused = tuple(
            RefusedModel(model_id=each.model_id, reason=hide_paths(each.reason, self._digits.model_dir))
            for each in reader.report.refused
        )
        trouble = self._resources.trouble
        return Readiness(
            ready=reader.engine.ready,
            loaded=reader.engine.member_ids,
            refused=refused,
            trouble=None if trouble is None else hide_paths(trouble, self._digits.model_dir),
        )

    async def version(self) -> Version:
        """Tell what runs here."""
        return self._version

    async def active_models(self) -> ActiveModels:
        """Tell which models answer together, and how."""
        engine = self._resources.reader.digits.engine
        model_id = engine.model_id
        if model_id is None:
            raise EngineNotReady("No model is loaded.")
        members = tuple(ActiveMember.model_validate(manifest) for manifest in engine.manifests)
        return ActiveModels(
            model_id=model_id,
            tta=engine.tta_mode,
            temperature_override=self._digits.temperature_override,
            members=members,
        )

    async def metrics(self) -> Response:
        """Count requests, answers and refusals for Prometheus."""
        return Response(self._metrics.page(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
