"""Whether a figure that was written down is right, and what it is if not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis import claims, judge
from jetbench.domain.events import Count, Model

LAB = b"""Model,Params,GFLOPs
MobileNetV2,3504872,0.31
MobileNetV3-small,2542856,N/A
ResNet18,11689512,1.83
SqueezeNet,1235496,0.36
"""


def counted(name: str, params: int, macs: int, ptflops: int, size: int = 224, batch: int = 1) -> Model:
    ways = (Count(method="dispatch", macs=macs * batch), Count(method="ptflops (pytorch)", macs=ptflops * batch))
    shape = (batch, 3, size, size)
    return Model(name=name, input=shape, params=params, macs=macs * batch, method="dispatch", counts=ways)


# As counted by torch 2.14 and ptflops 0.7.5.
COUNTED = (
    counted("mobilenet_v2", 3504872, 300774272, 320300008),
    counted("mobilenet_v3_small", 2542856, 56510400, 60910032, batch=4),
    counted("resnet18", 11689512, 1814073344, 1825313768),
    counted("squeezenet1_1", 1235496, 349151936, 359982728),
)


def told(table: bytes, models: tuple[Model, ...] = COUNTED, **options: object) -> list[tuple[str, str]]:
    verdicts = [found for claim in claims.parse(table) for found in judge.judge(claim, models, **options)]
    return [(found.kind, found.text) for found in verdicts]


def one(row: str, heading: str = "model,GFLOPs", models: tuple[Model, ...] = COUNTED, **options) -> tuple[str, str]:
    (found,) = told(f"{heading}\n{row}\n".encode(), models, **options)
    return found


def test_the_labs_own_table():
    assert judge.wanted(claims.parse(LAB)) == (
        ("mobilenet_v2", None),
        ("mobilenet_v3_small", None),
        ("resnet18", None),
        ("squeezenet1_1", None),
    )
    assert told(LAB) == [
        ("right", "3 504 872 parameters: right for mobilenet_v2"),
        ("unit", "0.31 GFLOPs of mobilenet_v2 are GMACs (0.3008; GFLOPs are 0.6015), 3.1% more than that"),
        ("right", "2 542 856 parameters: right for mobilenet_v3_small"),
        ("missing", "N/A GFLOPs of mobilenet_v3_small: 0.0565 GMACs, 0.1130 GFLOPs"),
        ("right", "11 689 512 parameters: right for resnet18"),
        ("unit", "1.83 GFLOPs of resnet18 are GMACs (1.8141; GFLOPs are 3.6281)"),
        ("identified", "SqueezeNet with 1 235 496 parameters: this is squeezenet1_1"),
        (
            "unit",
            "0.36 GFLOPs of squeezenet1_1 are GMACs (0.3492; GFLOPs are 0.6983), 3.1% more than that, "
            "as ptflops (pytorch) counts",
        ),
    ]


def test_the_labs_own_table_without_anything_counted():
    assert [kind for kind, _ in told(LAB, ())] == [kind for kind, _ in told(LAB)]
    assert told(LAB, ())[5] == (
        "unit",
        "1.83 GFLOPs of resnet18 are GMACs (1.814; GFLOPs are 3.628, as published)",
    )


@pytest.mark.parametrize(
    "row, heading, kind, words",
    [
        ("resnet18,3.63", "model,GFLOPs", "right", "3.6281 GFLOPs"),
        ("resnet18,1.81", "model,GMACs", "right", "1.8141 GMACs"),
        ("resnet18,2", "model,GMACs", "right", "right"),  # rounded to whole ones
        ("resnet18,2", "model,GFLOPs", "unit", "are GMACs"),
        ("resnet18,3.6", "model,GMACs", "unit", "are GFLOPs (3.6281; GMACs are 1.8141)"),
        ("resnet18,1814", "model,GMACs", "unit", "are MMACs (1814.0733; MFLOPs are 3628.1467)"),
        ("resnet18,1.814", "model,MACs", "unit", "are GMACs"),
        ("resnet18,3628146688", "model,FLOPs", "right", "3628146688 FLOPs"),
        ("mobilenet_v2,0.3203", "model,GMACs", "different", "6.5% more than it takes"),
        ("mobilenet_v2,0.3203", "model,GMACs", "different", "as ptflops (pytorch) counts"),
        ("resnet18,9", "model,GFLOPs", "different", "148.1% more"),
        ("resnet18,0", "model,GFLOPs", "different", "100.0% less"),
        ("mobilenet_v3_small,0", "model,GFLOPs", "different", "100.0% less"),
        ("resnet18,fast", "model,GFLOPs", "unreadable", "'fast' is no number"),
        ("resnet18,=1.83", "model,GFLOPs", "unreadable", "'=1.83' is no number"),
        ("resnet18,1.83G", "model,FLOPs", "unit", "1.83 GFLOPs of resnet18 are GMACs"),
        ("SqueezeNet,0.36", "model,GFLOPs", "unknown", "there are squeezenet1_1, squeezenet1_0"),
        ("zebra,0.36", "model,GFLOPs", "unknown", "no model is known by that name"),
        (",0.36", "model,GFLOPs", "unknown", "does not say of which model"),
        ("zebra,-", "model,GFLOPs", "missing", "no model is known"),
        ("vgg16,15.5", "model,GMACs", "right", "15.470 GMACs, 30.940 GFLOPs, as published"),
        ("shufflenet_v2_x0_5,0.041", "model,GMACs", "right", "0.040 GMACs"),  # both are rounded
        ("mobilenet_v2,3400000", "model,params", "different", "3.0% less than mobilenet_v2 has (3 504 872)"),
        ("mobilenet_v2,11689512", "model,params", "model", "this is resnet18; mobilenet_v2 has 3 504 872"),
        ("mobilenet_v2,3.5M", "model,params", "right", "about 3 500 000 parameters: right for mobilenet_v2"),
        ("mobilenet_v2,lots", "model,params", "unreadable", "'lots'"),
        ("mobilenet_v2,N/A", "model,params", "missing", "mobilenet_v2 has 3 504 872"),
        ("zebra,12", "model,params", "unknown", "no published model has so many"),
        ("zebra,11689512", "model,params", "identified", "zebra with 11 689 512 parameters: this is resnet18"),
        ("zebra,19386354", "model,params", "identified", "this is one of fasterrcnn_mobilenet_v3_large_320_fpn, "),
        ("GoogLeNet,13004888", "model,params", "right", "right for googlenet with auxiliary heads"),
        ("RegNetX-1.6GF,1.6", "model,GMACs", "right", "regnet_x_1_6gf"),
        ("regnet_x_16gf,1.6", "model,GMACs", "different", "90.0% less"),
    ],
)
def test_a_figure(row, heading, kind, words):
    found = one(row, heading)
    assert found[0] == kind, found
    assert words in found[1]


def test_rounded_parameters_under_a_strange_name_are_no_proof():
    params, flops = told(b"model,params,GFLOPs\nzebra,12M,0.5\n")
    assert params[0] == "identified"
    assert "may be one of" in params[1]
    assert flops == ("unknown", "0.5 GFLOPs: none of what this may be takes so much")


def test_an_input_of_another_size_is_compared_with_that_or_not_at_all():
    small = counted("resnet18", 11689512, 592_700_000, 596_000_000, size=128)
    row, heading = "resnet18,0.593,128x128", "model,GMACs,input"
    assert judge.wanted(claims.parse(f"{heading}\n{row}\n".encode())) == (("resnet18", (128, 128)),)
    assert one(row, heading, (*COUNTED, small))[0] == "right"
    assert one(row, heading) == ("unknown", "0.593 GMACs of resnet18: not counted at 128x128")
    assert one("resnet18,0.593", "model,GMACs", (small,), size=(128, 128))[0] == "right"
    assert one("resnet18,0.593", "model,GMACs", (*COUNTED, small))[0] == "different"
    assert one("regnet_y_16gf,46.7", "model,GMACs", ())[1].startswith("46.7 GMACs of regnet_y_16gf at 384x384: right")


def test_figures_of_a_whole_batch():
    row, heading = "resnet18,8,14.51", "model,batch,GMACs"
    assert one(row, heading)[0] == "right"
    assert "8 items" in one(row, heading)[1]
    assert one("resnet18,8,1.814", heading)[0] == "right"


def test_a_model_of_ones_own():
    mine = counted("net.py:build", 1000, 5_000_000, 5_100_000)
    assert one("build,5", "model,MMACs", (mine,))[0] == "right"
    assert one("net.py:build,10", "model,MFLOPs", (mine,))[0] == "right"
    params, macs = told(b"model,params,MMACs\nours,1000,10\n", (mine,))
    assert params == ("identified", "ours with 1 000 parameters: this is net.py:build")
    assert macs == ("unit", "10 MMACs of net.py:build are MFLOPs (10.0000; MMACs are 5.0000)")


def test_another_build_of_a_model_is_not_taken_for_it():
    built = counted("googlenet", 6624904, 1_498_376_192, 1_513_907_448)
    _, macs = told(b"model,params,GMACs\nGoogLeNet,13004888,1.5\n", (built,))
    assert macs == (
        "right",
        "1.5 GMACs of googlenet with auxiliary heads: right (1.498 GMACs, 2.996 GFLOPs, as published)",
    )
    _, macs = told(b"model,params,GMACs\nGoogLeNet,6624904,1.5\n", (built,))
    assert macs == ("right", "1.5 GMACs of googlenet: right (1.4984 GMACs, 2.9968 GFLOPs)")


def test_a_count_that_failed_leaves_the_published_figure():
    failed = Model(name="resnet18", input=(1, 3, 224, 224), params=11689512, error="segmentation fault")
    assert one("resnet18,1.81", "model,GMACs", (failed,))[1].endswith("as published)")


@given(st.binary(max_size=120), st.sampled_from(["model,params,GFLOPs", "params,MACs", "model;input;batch;MMACs"]))
def test_every_cell_that_is_there_gets_a_verdict_in_one_line(data, heading):
    try:
        table = claims.parse(f"{heading}\nresnet18,11689512,1.8\n".encode() + data)
    except ValueError:
        return
    for claim in table:
        verdicts = judge.judge(claim, COUNTED)
        assert len(verdicts) == len(claim.figures) + bool(claim.params_raw)
        for verdict in verdicts:
            assert verdict.kind in (
                "right",
                "identified",
                "missing",
                "unit",
                "model",
                "different",
                "unknown",
                "unreadable",
            )
            assert verdict.text.isprintable()
