"""The engine: loaded members behind a bounded pool of threads."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.architectures.running import logits_of
from handwriting_ai.config import DigitsSettings
from handwriting_ai.errors import UnknownModel
from handwriting_ai.inference.active import Active
from handwriting_ai.inference.ensemble import ensemble_name, member_probabilities, merge, to_predictions
from handwriting_ai.inference.inputs import Picture, one_picture, several_pictures
from handwriting_ai.inference.members import load_members, no_models
from handwriting_ai.inference.requests import RequestQueue
from handwriting_ai.inference.shelf import Shelf, Version, version_of
from handwriting_ai.inference.views import make_views, views_for
from handwriting_ai.prediction import N_CLASSES, Prediction, TtaMode, check_temperature
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.presets import Choice, choose_members, explain
from handwriting_ai.registry.report import LoadReport
from handwriting_ai.support.units import MS_PER_S

_BATCH: Final = 128
"""Views of a large batch that are computed at one time: few enough for the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """Choices of one request; None leaves a choice to settings and manifests."""

    tta: TtaMode | None = None
    temperature: float | None = None
    """One temperature for all members."""
    members: tuple[str, ...] | None = None
    """Ids of members that are active or were made available."""

    def __post_init__(self) -> None:
        """Refuse what cannot be computed.

        Raises:
            ValueError: the temperature is not a positive, finite number.
        """
        check_temperature(self.temperature)


DEFAULT_OPTIONS: Final = PredictOptions()


class InferenceEngine:
    """Answers with the members that the settings name. Every method may be called from any thread."""

    def __init__(self, settings: DigitsSettings, *, threads: int, signature: str) -> None:
        """Start the threads; `try_load_active` loads the models.

        Torch's own parallelism inside an operator is switched off for the process: members and shares of the views run
        side by side on this engine's threads instead, which is faster for small networks and leaves the machine to as
        many threads as were asked for.
        """
        self._settings, self._signature = settings, signature
        self._threads = threads
        torch.set_num_threads(1)
        self._compute = ThreadPoolExecutor(self._threads, thread_name_prefix="engine-compute")
        self._requests = RequestQueue(self._threads, settings.predict_timeout_seconds)
        self._active = Active()
        self._loading = threading.Lock()
        self._found: tuple[Choice, Mapping[str, Version | None]] | None = None
        """What was named, and lay on the disk, when it last loaded."""
        self._shelf = Shelf(settings.model_dir, signature)

    @property
    def ready(self) -> bool:
        """Whether a model is loaded."""
        return bool(self._active.members)

    def require_ready(self) -> None:
        """Stop where no model is loaded.

        Raises:
            EngineNotReady: none is; the message says what to look at.
        """
        if not self.ready:
            raise no_models(self._settings.model_dir)

    @property
    def member_ids(self) -> tuple[str, ...]:
        """The members' ids, in order."""
        return self._active.ids

    @property
    def model_id(self) -> str | None:
        """The member's id, or `ensemble_<n>_models`; None before a model is loaded."""
        return ensemble_name(self.member_ids) if self.ready else None

    @property
    def manifest(self) -> Manifest | None:
        """The first member's manifest; None before a model is loaded."""
        members = self._active.members
        return members[0].manifest if members else None

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """The members' manifests, in order."""
        return tuple(member.manifest for member in self._active.members)

    @property
    def tta_mode(self) -> TtaMode:
        """The mode of requests that choose none: the switches', else the preset's, else no augmentation."""
        return self._active.tta

    def is_outdated(self) -> bool:
        """Whether other members are named, or other versions of them lie on the disk, than when it last loaded.

        Raises:
            ManifestError, ModelsUnreadable: `presets.json` is broken, or the models folder cannot be listed.
        """
        return self._named() != self._found

    def _named(self) -> tuple[Choice, Mapping[str, Version | None]]:
        """The members to load, and how they lie on the disk; None where that cannot be read."""
        root = self._settings.model_dir
        choice = choose_members(self._settings.active_model, root)
        return choice, {name: version_of(root, name) for name in choice.members}

    def try_load_active(self) -> LoadReport:
        """Load the members that `DIGITS__ACTIVE_MODEL` names, warm them, and swap them in at once.

        The set that runs stays if not one can be loaded. The report says what was refused and why.

        Raises:
            ManifestError: `presets.json` is broken.
        """
        with self._loading:
            found = choice, versions = self._named()
            members, report = load_members(self._settings.model_dir, choice.members, signature=self._signature)
            if members:
                tta = choice.tta if choice.tta and not self._settings.tta_was_chosen else self._settings.tta_mode
                active = Active(members, tta, {member.model_id: versions[member.model_id] for member in members})
                blank = torch.zeros((1, 1, IMAGE_SIDE, IMAGE_SIDE))
                for mode in TtaMode:
                    self._probabilities(active, blank, PredictOptions(tta=mode))
                self._active = active
                self._shelf.forget(choice.members)
            self._found = found
            return explain(report, self._settings.active_model, self._settings.model_dir)

    def make_available(self, model_ids: Sequence[str]) -> LoadReport:
        """Load models beside the active set, so that requests may name them; the report names those refused.

        A model whose folder was replaced since is loaded anew, and answers requests that name it. The last ones asked
        for stay loaded.
        """
        return self._shelf.load(model_ids, self._active.versions)

    def submit_predict(self, x: Picture, options: PredictOptions = DEFAULT_OPTIONS) -> "Future[Prediction]":
        """Queue one picture, `float32 (1, 28, 28)` or `(1, 1, 28, 28)`, normalised.

        Raises:
            EngineNotReady: no model is loaded.
            EngineBusy: too many requests are pending.
            UnknownModel: `options.members` names one that is not loaded.
            ValueError: another shape, or numbers that are not finite.
        """
        picture, active = one_picture(x), self._choose(options)
        return self._requests.submit(self._answer, active, picture, options, time.perf_counter())

    def predict(self, x: Picture, options: PredictOptions = DEFAULT_OPTIONS) -> Prediction:
        """As `submit_predict`, and wait for the answer.

        Raises:
            PredictTimeout: it took longer than `DIGITS__PREDICT_TIMEOUT_SECONDS`.
        """
        return self._requests.wait(self.submit_predict(x, options))

    def predict_each(self, x: Tensor, options: PredictOptions = DEFAULT_OPTIONS) -> list[Prediction]:
        """The answer to each of `(n, 1, 28, 28)`, any n, normalised: what `predict` says to each alone.

        A few of them at a time are one request, so that others' requests are answered in between; each has the time of
        one. Once the first has found room the others wait for theirs.

        Raises:
            EngineNotReady, UnknownModel, ValueError: as `submit_predict`.
            EngineBusy: too many requests are pending.
            PredictTimeout: one of these requests took longer than `DIGITS__PREDICT_TIMEOUT_SECONDS`.
        """
        active = self._choose(options)
        answers: list[Prediction] = []
        for chunk in torch.split(several_pictures(x), self._chunk_size(active, options)) if len(x) else ():
            submit = self._requests.submit_next if answers else self._requests.submit
            answers += self._requests.wait(submit(self._answers, active, chunk, options, time.perf_counter()))
        return answers

    def predict_unhurried(self, x: Tensor, options: PredictOptions = DEFAULT_OPTIONS) -> list[Prediction]:
        """As `predict_each`, in the calling thread: there is no queue, and no limit of time.

        Raises:
            EngineNotReady, UnknownModel, ValueError: as `submit_predict`.
        """
        active = self._choose(options)
        chunks = torch.split(several_pictures(x), self._chunk_size(active, options)) if len(x) else ()
        return [each for chunk in chunks for each in self._answers(active, chunk, options, time.perf_counter())]

    def predict_batch(self, x: Tensor, options: PredictOptions = DEFAULT_OPTIONS) -> Tensor:
        """Merged probabilities `(n, 10)` for `(n, 1, 28, 28)`, any n.

        Raises:
            EngineNotReady, UnknownModel: as `submit_predict`.
            ValueError: `x` has another number of dimensions.
        """
        active = self._choose(options)
        if x.ndim != 4:
            raise ValueError(f"Expected 4D tensor, got {x.ndim}D")
        if len(x) == 0:
            return torch.zeros((0, N_CLASSES))
        chunks = torch.split(x, self._chunk_size(active, options))
        return torch.cat([merge(self._probabilities(active, chunk, options)) for chunk in chunks])

    def close(self) -> None:
        """End the threads; pending requests are cancelled."""
        self._requests.close()
        self._compute.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "InferenceEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @staticmethod
    def _chunk_size(active: Active, options: PredictOptions) -> int:
        """How many pictures are computed at one time."""
        return max(1, _BATCH // len(views_for(options.tta or active.tta)))

    def _choose(self, options: PredictOptions) -> Active:
        """The members a request asks for, out of those that are loaded now."""
        active = self._active
        by_id = {member.model_id: member for member in active.members} | self._shelf.members
        if not (active.members if options.members is None else by_id):
            raise no_models(self._settings.model_dir)
        if options.members is None:
            return active
        unknown = [model_id for model_id in options.members if model_id not in by_id]
        if unknown or not options.members:
            raise UnknownModel(f"Not loaded: {', '.join(unknown) or 'no member named'}. Loaded: {', '.join(by_id)}.")
        return Active(tuple(by_id[model_id] for model_id in options.members), active.tta)

    def _answer(self, active: Active, batch: Tensor, options: PredictOptions, submitted: float) -> Prediction:
        return self._answers(active, batch, options, submitted)[0]

    def _answers(self, active: Active, batch: Tensor, options: PredictOptions, submitted: float) -> list[Prediction]:
        probs = self._probabilities(active, batch, options)
        return to_predictions(
            probs,
            views=views_for(options.tta or active.tta),
            model_ids=active.ids,
            temperatures=self._temperatures(active, options),
            uncertain_below=self._settings.uncertain_threshold,
            latency_ms=(time.perf_counter() - submitted) * MS_PER_S,
        )

    def _temperatures(self, active: Active, options: PredictOptions) -> list[float]:
        override = options.temperature or self._settings.temperature_override
        return [override or member.manifest.temperature for member in active.members]

    def _probabilities(self, active: Active, batch: Tensor, options: PredictOptions) -> Tensor:
        """`(n, 1, 28, 28)` → `(members, views, n, 10)`: members and shares of the views run side by side."""
        views = views_for(options.tta or active.tta)
        pictures = make_views(batch, views)
        shares = pictures.tensor_split(min(self._threads, len(pictures)))
        tasks = [
            [self._compute.submit(logits_of, member.network, share) for share in shares] for member in active.members
        ]
        logits = torch.stack([torch.cat([task.result() for task in row]) for row in tasks])
        return member_probabilities(
            logits.view(len(active.members), len(views), len(batch), -1), self._temperatures(active, options)
        )
