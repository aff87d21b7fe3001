"""Nothing is downloaded but on request: torch.hub refuses, Hugging Face's libraries hear that there is no network."""

import contextlib
import os
from urllib.error import URLError

from jetbench_agent.bench.errors import BadModelError

VARIABLES = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@contextlib.contextmanager
def offline():
    """While a model is built. The variables stay: their libraries read them when they are imported."""
    import torch

    os.environ.update(VARIABLES)
    kept = torch.hub.download_url_to_file, torch.hub.urlopen
    torch.hub.download_url_to_file, torch.hub.urlopen = _refuse, _unreachable
    try:
        yield
    finally:
        torch.hub.download_url_to_file, torch.hub.urlopen = kept


def _refuse(url, dst, *_, **__):
    raise BadModelError("{} is not on this machine ({}); --download fetches it".format(url, dst))


def _unreachable(*_, **__):
    raise URLError("nothing is downloaded without --download")
