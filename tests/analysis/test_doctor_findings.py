"""Findings from what a board and its torch told, among them what no machine of ours has: GPUs, Jetson wheels."""

from __future__ import annotations

import pytest

from jetbench.analysis import (
    doctor,
    doctor_board,
    doctor_cpu,
    doctor_cuda,
    doctor_plugins,
    doctor_sensors,
    doctor_torch,
)
from jetbench.analysis.doctor import Host
from jetbench.domain.events import Board, Channel, Check, PowerRule, Telemetry, Throttle

ORIN = Host(jetson=True, gpu="ga10b")
TORCH = {"version": "2.1.0a0+41361538.nv23.06", "cuda_built": "11.4", "tags": ["cp38-cp38-linux_aarch64"]}
RUNS = {"built": "11.4", "available": True, "device": "Orin", "capability": [8, 7], "archs": ["sm_72", "sm_87"]}
RUNS |= {"product": True, "convolution": True, "product_ns": 10**8, "convolution_ns": 10**8}


def check(name, facts=None, **more):
    return Check(name=name, ns=10**9, facts=facts or {}, **more)


def cuda(facts, host=ORIN, closed=()):
    return doctor_cuda.cuda(check("cuda", facts), host, closed)


@pytest.mark.parametrize(
    ("facts", "host", "state", "part"),
    [
        (RUNS, ORIN, "ok", "kernels run"),
        (RUNS | {"archs": ["sm_50", "sm_61", "compute_61"]}, ORIN, "warning", "not as built"),
        (RUNS | {"product": False}, ORIN, "red", "differ"),
        (RUNS | {"said": "product: RuntimeError: no kernel image is available"}, ORIN, "red", "kernel image missing"),
        ({"built": "13.0", "archs": [], "said": "RuntimeError: The NVIDIA driver on your system is too old"}, ORIN,
         "red", "driver is too old"),
        ({"built": "13.0", "archs": [], "said": "RuntimeError: Found no NVIDIA driver on your system"}, Host(),
         "absent", "no CUDA device"),
        ({"built": "13.0", "archs": [], "said": "RuntimeError: No CUDA GPUs are available"}, ORIN, "red", "finds none"),
        ({"built": None, "available": False}, ORIN, "absent", "see wheel"),
        ({"built": None, "available": False}, Host(), "absent", "without CUDA"),
    ],
)  # fmt: skip
def test_why_cuda_does_not_run_is_told_apart(facts, host, state, part):
    found = cuda(facts, host)
    assert found.state == state
    assert part in found.text
    assert state in ("ok", "absent") or (found.cause and found.remedy)


def test_device_files_that_are_closed():
    found = cuda({"built": "11.4", "archs": [], "said": "No CUDA GPUs are available"}, closed=["/dev/nvhost-gpu"])
    assert "/dev/nvhost-gpu" in (found.cause or "")
    assert "video" in (found.remedy or "")


def test_kernel_image_missing_names_both_sides():
    found = cuda({"built": "12.8", "archs": ["sm_80", "sm_90"], "capability": [11, 0], "said": "no kernel image"})
    assert found.state == "red"
    assert "sm_80, sm_90" in (found.cause or "") and "sm_110" in (found.cause or "")


@pytest.mark.parametrize(
    ("capability", "archs", "there"),
    [((8, 7), ["sm_80"], True), ((8, 0), ["sm_87"], False), ((11, 0), ["sm_110"], True), ((9, 0), ["sm_90a"], True),
     ((5, 3), ["sm_50", "compute_50"], True), ((12, 0), ["compute_90"], False)],
)  # fmt: skip
def test_machine_code_of_an_architecture(capability, archs, there):
    assert doctor_cuda.covered(capability, archs) is there


def test_the_wheel_of_a_jetson():
    good = doctor_torch.wheel(check("torch", TORCH), check("cuda", RUNS), ORIN)
    assert good.state == "ok" and "NVIDIA's own" in good.text
    cpu = doctor_torch.wheel(check("torch", TORCH | {"version": "2.5.0+cpu", "cuda_built": None}), None, ORIN)
    assert cpu.state == "red" and "CPU wheel" in (cpu.cause or "")
    server = TORCH | {"version": "2.9.0+cu126", "tags": ["cp310-cp310-manylinux_2_28_aarch64"]}
    assert doctor_torch.wheel(check("torch", server), check("cuda", {"said": "no kernel image"}), ORIN).state == "red"
    assert doctor_torch.wheel(check("torch", server), check("cuda", RUNS), ORIN).state == "ok"


def test_numbers_that_are_wrong_are_red_and_so_is_what_is_no_number():
    facts = {"tolerance": 1e-3, "matmul": 0.0, "convolution": 1e-6, "depthwise": 0.0}
    assert doctor_torch.arithmetic(check("arithmetic", facts)).state == "ok"
    assert doctor_torch.arithmetic(check("arithmetic", facts | {"matmul": 0.5})).state == "red"
    assert doctor_torch.arithmetic(check("arithmetic", facts | {"depthwise": None})).state == "red"


def test_torch_that_died_says_where_and_the_rest_is_not_looked_at():
    died = check("torch", error="segmentation fault", cause="signal", evidence=("Fatal", 'File "torch/x.py", line 3'))
    told = {"torch": died}
    found = [*doctor_torch.findings(told, ORIN), *doctor_cpu.findings(told), *doctor_cuda.findings(told, ORIN)]
    assert doctor.worst(found) == "red"
    assert 'torch/x.py", line 3' in (found[0].cause or "")
    assert {finding.state for finding in found[1:]} == {"absent"}


def test_a_depthwise_convolution_that_is_a_call_a_channel():
    calls = {"channels": 16, "calls": {"aten::_slow_conv2d_forward": 16, "aten::convolution": 1}}
    found = doctor_cpu.onednn(check("kernels", calls), {"mkldnn": False})
    assert found.state == "warning" and "16 calls" in found.text and "lacks oneDNN" in (found.cause or "")


@pytest.mark.parametrize(
    ("build", "host", "state"),
    [
        ({"threads": 4}, {"cores": 4, "online": 4}, "ok"),
        ({"threads": 2}, {"cores": 4, "online": 4}, "ok"),  # two threads a core
        ({"threads": 1}, {"cores": 4, "online": 4, "variables": {"OMP_NUM_THREADS": "1"}}, "warning"),
        ({"threads": 4}, {"cores": 4, "online": 4, "quota": 1.5}, "warning"),
        ({"threads": 2}, {"cores": 2, "online": 6}, "warning"),
    ],
)
def test_threads_and_cores(build, host, state):
    assert doctor_cpu.threads(build, host).state == state


def test_channels_closed_to_this_user_by_what_opens_them():
    rapl = Channel(id="power.package-0", quantity="power", name="package-0", unit="W",
                   source="sys/class/powercap/intel-rapl:0", hint="RAPL is root's")  # fmt: skip
    rail = Channel(id="power.VDD_IN", quantity="power", name="VDD_IN", unit="W", source="sys/class/hwmon/hwmon3/in1")
    free = Channel(id="mem.available", quantity="memory", name="available", unit="MiB", source="proc/meminfo")
    board = Board(channels=(rapl, rail, free))
    why = {"power.package-0": "no_permission", "power.VDD_IN": "no_permission"}
    first, second = doctor_sensors.permissions(board, Telemetry(v=(None, None, 5), why=why))
    assert first.state == second.state == "warning"
    assert "chmod a+r" in (first.remedy or "") and "powercap" in (first.remedy or "")
    assert "udev" in (second.remedy or "") and "hwmon3" in (second.remedy or "")
    assert doctor_sensors.permissions(board, Telemetry(v=(1, 1, 5)))[0].state == "ok"


def test_jtop_of_a_jetson():
    answers = Board(kind="jetson", facts={"jtop": {"python": "/usr/bin/python3"}})
    silent = Board(kind="jetson", problems=("jtop the service does not run: sudo systemctl restart jtop",))
    assert doctor_sensors.jtop(answers).state == "ok"
    assert doctor_sensors.jtop(silent).remedy == "sudo systemctl restart jtop"
    assert doctor_sensors.jtop(Board(kind="x86")).state == "absent"


def test_power_that_is_missing_has_its_reason_and_an_advice():
    board = Board(power=PowerRule(reason="no_sensor", reason_text="this board has none"))
    found = doctor_sensors.power(board, None)
    assert found.state == "absent" and "no_sensor" in found.text and "--power-cmd" in (found.remedy or "")


def test_a_board_that_throttles():
    found = doctor_board.findings(Board(kind="jetson"), None, Throttle(now=True, active=("cpu-throttle-alert",)))
    assert any(finding.id == "throttled" and "cpu-throttle-alert" in finding.text for finding in found)


def test_what_packages_add_is_told_once_and_a_broken_one_is_no_matter_of_the_board():
    by = {"package": "lab", "version": "1.0"}
    told = {"host": check("host", {"plugins": {"models": {}, "sensors": {"air": by, "fan": by}}})}
    wrong = "plug-in fan of lab 1.0: OSError: no supply voltage"
    listed, broken = doctor_plugins.findings(told, (wrong, "ina3221: ValueError()"))
    assert (listed.state, listed.text) == ("ok", "sensors: air (lab 1.0), fan (lab 1.0)")
    assert (broken.state, broken.text) == ("warning", wrong)
    board = Board(problems=(wrong, "ina3221: ValueError()"))
    assert [finding.text for finding in doctor_sensors.unreadable(board)] == ["ina3221: ValueError()"]
    assert not [one for one in doctor_board.findings(board, None, Throttle(now=False)) if one.id == "supply"]
    assert doctor_plugins.findings({"host": check("host")}, ()) == []
