"""Models by their number of parameters: the table is what torchvision says, and a name is known as people write it."""

from __future__ import annotations

import pytest

from jetbench.analysis import identify


@pytest.mark.torch
def test_the_table_is_what_torchvision_publishes():
    import torchvision
    from torchvision import models

    if tuple(map(int, torchvision.__version__.split(".")[:2])) < (0, 29):
        pytest.skip("the table is of torchvision 0.29")
    names = [name for name in models.list_models() if not name.startswith("quantized")]
    weights = [(name, entry) for name in names for entry in models.get_model_weights(name)]
    said = {(name, entry.meta["num_params"], entry.meta["_ops"]) for name, entry in weights}
    assert {(row.model, row.params, row.gmacs) for row in identify.table() if row.weights} == said
    plain = models.list_models(module=models)
    assert len(plain) == 80
    sizes = {
        (name, entry.transforms().crop_size[0], entry.meta["num_params"], entry.meta["_ops"])
        for name, entry in weights
        if name in plain
    }
    rows = [row for row in identify.table() if row.family == "classification" and row.weights]
    assert {(row.model, row.size, row.params, row.gmacs) for row in rows} == sizes
    for row in rows:
        meta = models.get_model_weights(row.model)[row.weights].meta
        assert (meta["num_params"], meta["_ops"]) == (row.params, row.gmacs)


@pytest.mark.torch
def test_rows_counted_by_us_are_what_torchvision_builds():
    import torch
    from torchvision import models

    other = {
        "googlenet": {"aux_logits": True, "init_weights": False},
        "inception_v3": {"aux_logits": False, "init_weights": False},
    }
    for row in identify.table():
        if row.weights:
            continue
        options = other.get(row.model, {"weights_backbone": None, "aux_loss": None})
        with torch.device("meta"):
            model = models.get_model(row.model, weights=None, **options)
        assert sum(parameter.numel() for parameter in model.parameters()) == row.params, row


def test_parameters_tell_the_model():
    assert identify.sentence(1235496) == "this is squeezenet1_1"
    assert identify.identified(1248424) == "squeezenet1_0"
    assert identify.identified(13004888) == "googlenet with auxiliary heads"
    assert identify.identified(19386354) is None  # two models have so many
    assert "one of" in identify.sentence(19386354)
    assert identify.sentence(1235497) is identify.sentence(None) is identify.sentence(0) is None


@pytest.mark.parametrize("name", ["squeezenet1_1", "SqueezeNet 1.1", "net.py:squeezenet1_1"])
def test_no_news_of_what_the_name_says(name):
    assert identify.news(name, 1235496) is None
    assert identify.news("net.py:build", 1235496) == "this is squeezenet1_1"
    assert identify.news("squeezenet1_0", 1235496) == "this is squeezenet1_1"


def test_every_name_is_found_as_it_is_and_no_other_with_it():
    for row in identify.table():
        for name in (row.model, row.model.upper(), row.model.replace("_", "-"), row.model.replace("_", " ")):
            assert {found.model for found in identify.named(name)} == {row.model}
    assert {row.model for row in identify.named("MobileNetV3-small")} == {"mobilenet_v3_small"}
    assert {row.model for row in identify.named("RegNetY-1.6GF")} == {"regnet_y_1_6gf"}
    assert identify.named("") == identify.named("_") == identify.named("\u6a21\u578b") == ()
    assert identify.near("SqueezeNet") == ("squeezenet1_1", "squeezenet1_0")
    assert identify.near("x" * 100_000) == ()
