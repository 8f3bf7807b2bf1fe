"""Every error the package raises on purpose, in one tree.

HandwritingError
├── SettingsError              a variable with a value that cannot be used
├── PackagesMissing            an extra that is not installed
├── ImageError                 something is wrong with the picture
│   ├── InvalidImage           not a picture, broken, or of a shape or type that cannot be read
│   ├── ImageTooLarge          more bytes or more pixels than the limits allow
│   └── BlankImage             a picture without ink
├── ModelError                 something is wrong with a model
│   ├── ModelsUnreadable       the models folder cannot be listed
│   ├── ModelsUnwritable       no model can be registered in the models folder
│   ├── UnknownArchitecture    no such architecture (also a ValueError)
│   ├── UnknownModel           no such folder in the models folder
│   ├── ModelRefused           a model that was asked for and does not check out
│   ├── ManifestError          a manifest that is missing, broken or out of range (also a ValueError)
│   ├── WeightsError           weights that are missing, broken, unsafe or do not fit
│   ├── SignatureMismatch      trained for another preprocessing
│   ├── ClassesMismatch        tells other classes apart than the ten digits
│   ├── FiguresMismatch        validation figures that its weights do not reach
│   ├── PredictionsError       predictions that are missing, damaged or of other weights
│   ├── ModelExists            a model of this name is registered already
│   ├── PresetExists           a preset of this name is saved already
│   └── ModelNamed             a preset or the settings name a model that is to be deleted
├── EngineError                the engine cannot answer
│   ├── EngineNotReady         no model is loaded
│   ├── EngineBusy             the queue is full
│   └── PredictTimeout         the answer took too long
├── DataError                  a data set that is missing or damaged
│   ├── DataMissing
│   ├── DataUnreadable         a data file that the system refuses
│   ├── DataCorrupt
│   ├── NothingToTeach         a lesson without drawings
│   └── UnknownWriter          nobody of this name has saved drawings
├── JobError                   a job that cannot be handled as asked
│   ├── UnknownJob             no such job
│   ├── JobDamaged             a job's folder that can no longer be understood
│   ├── JobConflict            not in its present state, or its model's name is taken
│   ├── RunFailed              a run of the queue that ended without a model
│   └── QueueUnavailable       Redis, which holds the queue, does not answer
├── TrainingError              a run that cannot go on
│   ├── UnknownRecipe          no such recipe (also a ValueError)
│   ├── InvalidRecipe          a recipe that cannot be followed (also a ValueError)
│   ├── ParentMismatch         a run that cannot start from the model it names (also a ValueError)
│   ├── DeviceUnavailable      no such device here (also a ValueError)
│   ├── TrainingDiverged       the loss is no longer a number
│   └── CheckpointError        a checkpoint that is damaged or belongs to another run
├── ExportError                models that cannot be written as a file for other programs
└── RequestError               a request over HTTP that cannot be followed
    ├── UnsupportedMedia       a body, or a file in it, of a type that is not read
    └── UploadTooSlow          a body that took too long to arrive
"""


class HandwritingError(Exception):
    """The root of the tree: catch this to catch everything the package raises on purpose."""


class SettingsError(HandwritingError):
    """A setting has a value that cannot be used; the message names the variable."""


class PackagesMissing(HandwritingError):
    """An extra is not installed; the message names its packages and the command that installs it."""


class ImageError(HandwritingError):
    """Something is wrong with the picture."""


class InvalidImage(ImageError):
    """The input is not a picture, is broken, or has a shape or type that cannot be read."""


class ImageTooLarge(ImageError):
    """The picture has more bytes or more pixels than the limits allow."""


class BlankImage(ImageError):
    """The picture holds no ink."""


class ModelError(HandwritingError):
    """Something is wrong with a model."""


class ModelsUnreadable(ModelError):
    """The models folder cannot be listed."""


class ModelsUnwritable(ModelError):
    """No model can be registered in the models folder; the message names it and the system's reason."""


class UnknownArchitecture(ModelError, ValueError):
    """No architecture has this name; the message lists those there are."""


class UnknownModel(ModelError):
    """The models folder holds no such model."""


class ModelRefused(ModelError):
    """A model that was asked for does not check out; the message says which and why."""


class ManifestError(ModelError, ValueError):
    """A manifest is missing, broken or out of range; the message names the field and the file."""


class WeightsError(ModelError):
    """Weights are missing, broken, unsafe to load, or do not fit their architecture."""


class SignatureMismatch(ModelError):
    """The model was trained for another preprocessing than the one that runs here."""


class ClassesMismatch(ModelError):
    """The model tells other classes apart than the ten digits."""


class FiguresMismatch(ModelError):
    """A model's weights, or predictions, give other validation figures than its manifest says."""


class PredictionsError(ModelError):
    """A model's stored predictions are missing, damaged or stale; the message has the command that makes them."""


class ModelExists(ModelError):
    """A model of this name is registered already."""


class ModelNamed(ModelError):
    """A preset or the settings name a model that is to be deleted."""


class PresetExists(ModelError):
    """A preset of this name exists."""


class EngineError(HandwritingError):
    """The engine cannot answer."""


class EngineNotReady(EngineError):
    """No model is loaded."""


class EngineBusy(EngineError):
    """The queue is full: try again later."""


class PredictTimeout(EngineError):
    """The answer took longer than `DIGITS__PREDICT_TIMEOUT_SECONDS`."""


class DataError(HandwritingError):
    """A data set is missing or damaged."""


class DataMissing(DataError):
    """A data set is not on this machine; the message names the file, the folder and the command that gets it."""


class DataUnreadable(DataError):
    """A data file is there, but the system refuses it; the message has its reason."""


class DataCorrupt(DataError):
    """A data file is damaged; the message names it."""


class NothingToTeach(DataError):
    """A lesson has no drawing that can be taught."""


class UnknownWriter(DataError):
    """Nobody of this name has saved drawings; the message lists those who have."""


class JobError(HandwritingError):
    """A job cannot be handled as asked."""


class UnknownJob(JobError):
    """There is no job of this name."""


class JobDamaged(JobError):
    """A job's folder can no longer be understood."""


class JobConflict(JobError):
    """What was asked for does not fit the job's present state, or another job makes the same model."""


class RunFailed(JobError):
    """A run of the queue ended without a model; the message says why."""


class QueueUnavailable(JobError):
    """Redis, which holds the queue, does not answer or cannot be used; the message says where and what to do."""


class TrainingError(HandwritingError):
    """A run cannot go on."""


class UnknownRecipe(TrainingError, ValueError):
    """No recipe has this name; the message lists those there are."""


class InvalidRecipe(TrainingError, ValueError):
    """A recipe cannot be followed as asked; the message says why."""


class ParentMismatch(TrainingError, ValueError):
    """A run cannot start from the model it names, which is of another kind, gone, replaced or damaged."""


class DeviceUnavailable(TrainingError, ValueError):
    """A run cannot be computed on the device asked for; the message lists those that are here."""


class TrainingDiverged(TrainingError):
    """The loss is no longer a finite number."""


class CheckpointError(TrainingError):
    """A checkpoint is damaged or belongs to another run."""


class ExportError(HandwritingError):
    """Models cannot be written as a file for other programs; the message says why."""


class RequestError(HandwritingError):
    """A request over HTTP cannot be followed."""


class UnsupportedMedia(RequestError):
    """A body, or a file in it, is of a type that is not read; the message lists those that are."""


class UploadTooSlow(RequestError):
    """A body took too long to arrive."""
