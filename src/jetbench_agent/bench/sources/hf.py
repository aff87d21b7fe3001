"""``hf:``: a model of transformers from its configuration alone, with random weights unless its own are asked for.

``hf:FOLDER`` (with a config.json), ``hf:NAME`` that lies in the cache of Hugging Face, or ``hf:TYPE``, a kind of
model as it is by default (``hf:vit``, ``hf:bert``). Code that a folder brings is not executed.
"""

import importlib.util
import os

from jetbench_agent.bench import inputs
from jetbench_agent.bench.errors import BadModelError, first_line

PREFIX = "hf:"
DEFAULT = "DEFAULT"
TOKENS = 128  # of a text, where the user says nothing else
SHORT_TOKENS = 16  # of one beside a picture
SAMPLES = 16000  # of speech: a second, as most models of it sample
FRAMES = 3000  # of a spectrogram: 30 s, as Whisper takes it
MOST_BYTES = 1 << 22


def answers(name):
    return name.startswith(PREFIX)


def needs_torchvision(name):
    return False


def _transformers():
    if importlib.util.find_spec("transformers") is None:
        from jetbench_agent.bench import sources

        raise sources.missing("transformers", PREFIX + "NAME")
    try:
        import transformers
    except Exception as error:  # whatever a broken installation raises
        raise BadModelError("transformers cannot be imported: {}".format(first_line(error)))
    return transformers


def known(name):
    try:
        _configuration(name)
    except BadModelError as error:
        return str(error)
    return None


def listing():
    """Kinds of models that can be made without any file. Raises BadModelError."""
    transformers = _transformers()
    with_model = {config.model_type for config in transformers.MODEL_MAPPING}
    kinds = sorted(kind for kind in transformers.CONFIG_MAPPING if kind in with_model)
    return [{"name": PREFIX + kind, "family": "transformers"} for kind in kinds]


def _configuration(name):
    transformers, bare = _transformers(), name[len(PREFIX) :]
    folder = os.path.expanduser(bare)
    if os.path.isdir(folder):
        path = os.path.join(folder, "config.json")
        if not os.path.isfile(path) or os.path.getsize(path) > MOST_BYTES:
            raise BadModelError("{}: no config.json in it, or one over 4 MiB".format(bare))
    elif bare in transformers.CONFIG_MAPPING:
        return transformers.AutoConfig.for_model(bare)
    try:
        return transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # OSError, ValueError, whatever a hostile configuration leads to
        if os.path.isdir(folder):
            raise BadModelError("{}: its config.json cannot be used: {}".format(bare, first_line(error)))
        text = "{}: no folder, no kind of model that transformers {} knows, and not in the cache; --download fetches it"
        raise BadModelError(text.format(bare, transformers.__version__))


def form(name, batch, size):
    config = _configuration(name)
    kind = _main_input(config)
    if hasattr(config, "vision_config") and hasattr(config, "text_config"):
        return inputs.Form([_pixels(config, size), _ids(config, "input_ids", SHORT_TOKENS)], batch)
    if kind == "pixel_values":
        return inputs.Form([_pixels(config, size)], batch)
    if kind == "input_values":  # a spectrogram, or the samples of a second
        bins = getattr(config, "num_mel_bins", None)
        sides = [getattr(config, "max_length", 1024), bins] if bins else [SAMPLES]
        return inputs.Form([inputs.Input([inputs.BATCH] + sides, name=kind)], batch)
    if kind == "input_features":
        shape = [inputs.BATCH, getattr(config, "num_mel_bins", 80), FRAMES]
        return inputs.Form([inputs.Input(shape, name=kind)] + _decoder(config), batch)
    if kind == "input_ids":
        return inputs.Form([_ids(config, kind, TOKENS)] + _decoder(config), batch)
    raise BadModelError("{}: it takes {}; say its inputs in brackets (docs/models.md)".format(name, kind))


def _pixels(config, size):
    found = getattr(config, "vision_config", config)
    side = getattr(found, "image_size", None) or 224
    sides = list(size or (side if isinstance(side, (list, tuple)) else (side, side)))
    frames = getattr(config, "num_frames", None)  # of a clip, which has its frames before its channels
    clip = [frames] if isinstance(frames, int) else []
    return inputs.Input([inputs.BATCH] + clip + [getattr(found, "num_channels", 3)] + sides, name="pixel_values")


def _main_input(config):
    transformers = _transformers()
    try:
        kind = transformers.MODEL_MAPPING[type(config)]
    except KeyError:
        raise BadModelError("transformers has no model for {}".format(type(config).__name__))
    kind = kind[0] if isinstance(kind, (list, tuple)) else kind
    return kind.main_input_name


def _ids(config, name, count):
    words = getattr(getattr(config, "text_config", config), "vocab_size", None)
    if not isinstance(words, int) or words < 2:
        raise BadModelError("its configuration has no vocab_size; say its inputs in brackets (docs/models.md)")
    return inputs.Input([inputs.BATCH, count], "int64", name, 0, words)


def _decoder(config):
    """One token, as at the beginning of an answer, where there is a decoder beside."""
    return [_ids(config, "decoder_input_ids", 1)] if getattr(config, "is_encoder_decoder", False) else []


def build(name, weights=None):
    if not weights:
        return _transformers().AutoModel.from_config(_configuration(name))
    try:
        return _pretrained(name, local_files_only=True)
    except Exception as error:  # OSError, mostly
        text = "the weights of {} are not on this machine; --download fetches them ({})"
        raise BadModelError(text.format(name, first_line(error)[:120]))


def weights_known(name, entry):
    """Whether there can be such weights; not whether they are here, which only loading them tells."""
    if entry == DEFAULT and name[len(PREFIX) :] not in _transformers().CONFIG_MAPPING:
        return None
    return "no weights {!r} for {}: {} for those of a folder or a NAME, or a checkpoint".format(entry, name, DEFAULT)


def fetch(name, weights, say):
    transformers, bare = _transformers(), name[len(PREFIX) :]
    if os.path.isdir(os.path.expanduser(bare)) or bare in transformers.CONFIG_MAPPING:
        return
    said = "its weights" if weights else "the configuration"
    say("downloading {} of {}, where it is not on this machine".format(said, bare))
    try:
        transformers.AutoConfig.from_pretrained(bare, trust_remote_code=False)
        if weights:
            _pretrained(name, local_files_only=False)
    except Exception as error:
        raise BadModelError("{} was not downloaded: {}".format(bare, first_line(error)))


def _pretrained(name, local_files_only):
    """Weights are read by tensors only: safetensors, or torch.load with weights_only."""
    found = os.path.expanduser(name[len(PREFIX) :])
    options = {"local_files_only": local_files_only, "trust_remote_code": False, "weights_only": True}
    return _transformers().AutoModel.from_pretrained(found, **options)
