"""External meters: real commands, a real HTTP server; what they say, and what they say wrong."""

import contextlib
import http.server
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from seen import Seen

from board_tree import lay_out, manifest
from jetbench_agent.sensors import BadOptionError, open_board
from jetbench_agent.sensors import meter as meters
from jetbench_agent.sensors.meter import CommandMeter, Meter, parse_line
from jetbench_agent.sensors.meter_http import PlugMeter, kind_of, watts_of


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@contextlib.contextmanager
def command(text):
    said = []
    meter = CommandMeter(text, said.append)
    meter.said = said
    try:
        yield meter.start()
    finally:
        meter.close()


# -- lines


@pytest.mark.parametrize(
    "line, expected",
    [
        ("7.3", (None, 7.3)),
        (" 7.3 W\r", (None, 7.3)),
        ("0", (None, 0.0)),
        ("2026-01-02T03:04:05Z,7.3", ("2026-01-02T03:04:05Z", 7.3)),
        ("1700000000.25, 7.3", ("1700000000.25", 7.3)),
    ],
)
def test_lines_of_watts(line, expected):
    assert parse_line(line) == expected


@pytest.mark.parametrize("line", ["", "W", "time,watts", "nan", "inf", "1e300", "-4", "7.3,", "7.3 V", "0x10"])
def test_lines_that_are_none(line):
    with pytest.raises(ValueError):
        parse_line(line)


# -- a command


def test_a_command_gives_the_total_and_is_gone_afterwards():
    with command("echo $$; while :; do echo 7.25; sleep 0.05; done") as meter:
        assert until(lambda: meter.watts() == 7250000)
        group = meter._process.pid
        assert os.getpgid(group) == group != os.getpgid(0), "a group of its own"
    until(lambda: not alive(group))


def test_a_command_that_hears_no_sigterm_and_its_children_are_killed():
    with command("trap '' TERM; sleep 1000 & echo 1; wait; while :; do sleep 1000; done") as meter:
        until(lambda: meter.watts() == 1000000)
        group = meter._process.pid
    with pytest.raises(ProcessLookupError):
        until(lambda: os.killpg(group, 0))


def test_readings_between_two_ticks_are_averaged():
    meter = Meter(lambda text: None, lambda: 0)
    for watts in (1.0, 2.0, 6.0):
        meter.take(watts)
    assert meter.watts() == 3000000
    assert meter.watts() == 3000000, "and held while they are fresh"


def test_a_reading_goes_stale_after_three_periods():
    now = [0]
    meter = Meter(lambda text: None, lambda: now[0])
    assert meter.watts() == "read_error"
    for _ in range(4):
        now[0] += 10**9
        meter.take(5.0)
    now[0] += 2900 * 10**6
    assert meter.watts() == 5000000
    now[0] += 200 * 10**6
    assert meter.watts() == "stale"
    meter.take(6.0)
    assert meter.watts() == 6000000


def test_a_command_that_stops_printing_becomes_a_gap():
    with command("for i in 1 2 3 4; do echo 4; sleep 0.1; done; sleep 1000") as meter:
        until(lambda: meter.watts() == 4000000)
        until(lambda: meter.watts() == "stale")


def test_a_repeated_time_is_no_new_reading():
    with command("while :; do echo 12:00:00,4; sleep 0.05; done") as meter:
        until(lambda: meter.watts() == 4000000)
        until(lambda: meter.watts() == "stale")
        assert meter.readings == 1


def test_a_command_that_ends_is_started_again_and_the_log_says_so(monkeypatch):
    monkeypatch.setattr(meters, "_BACK_OFF_S", (0.05, 0.1))
    with command("echo 3; exit 4") as meter:
        until(lambda: meter.readings >= 3)
        assert meter.watts() == 3000000
        assert meter.said[0] == "--power-cmd ended with status 4 after 1 readings; again in 0.05 s"


def test_a_command_that_cannot_run_says_why_and_waits_longer_each_time(monkeypatch):
    monkeypatch.setattr(meters, "_BACK_OFF_S", (0.02, 0.04, 0.08))
    with command("/no/such/meter") as meter:
        assert len(meter.problems) == 1
        assert "status 127" in meter.problems[0] and "/no/such/meter" in meter.problems[0]
        until(lambda: len([text for text in meter.said if "again in" in text]) >= 4)
        assert [text.rsplit(" ", 2)[1] for text in meter.said if "again in" in text][:4] == [
            "0.02",
            "0.04",
            "0.08",
            "0.08",
        ]
        assert meter.watts() == "read_error"


def test_lines_that_are_no_number_are_counted_and_said_once():
    with command("echo hello; printf '\\033[31mred\\n'; echo 5; echo nan; head -c 5000 /dev/zero; sleep 1000") as meter:
        until(lambda: meter.watts() == 5000000)
        until(lambda: meter.refused == 3)
        said = [text for text in meter.said if "no number" in text]
        assert len(said) == 1 and "hello" in said[0]


def test_a_command_killed_from_outside(monkeypatch):
    monkeypatch.setattr(meters, "_BACK_OFF_S", (0.05,))
    with command("while :; do echo 2; sleep 0.05; done") as meter:
        until(lambda: meter.watts() == 2000000)
        first = meter._process.pid
        os.killpg(first, signal.SIGKILL)
        until(lambda: meter._process is not None and meter._process.pid != first)
        assert "killed by signal 9" in meter.said[0]
        count = meter.readings
        until(lambda: meter.readings > count)


def test_on_a_board_without_a_sensor_the_meter_is_the_total(tmp_path):
    root = str(lay_out(manifest("nano-2gb"), tmp_path))
    with contextlib.closing(open_board(root, power_cmd="while :; do echo 5.125; sleep 0.05; done")) as board:
        seen = Seen(board)
        assert seen.told["power"] == {
            "method": "meter:cmd",
            "scope": "external meter (what it is plugged into)",
            "reason": None,
            "reason_text": None,
        }
        assert "reason" not in seen.channel("power.total")
        assert seen.value("power.total") == pytest.approx(5.125)
        assert "power.board" not in seen.raw
        assert "PMIC-Die" in str(seen.told["channels"])
        assert board.throttle()[0] is not None


def test_a_boards_own_total_stays_as_a_rail(tmp_path):
    root = str(lay_out(manifest("agx-orin"), tmp_path))
    with contextlib.closing(open_board(root, power_cmd="echo 21; sleep 1000")) as board:
        seen = Seen(board)
        assert seen.value("power.total") == pytest.approx(21.0)
        assert seen.value("power.board") == pytest.approx(9.1016)
        assert seen.channel("power.board")["name"] == "board"
        assert seen.told["power"]["method"] == "meter:cmd"
        power = seen.told["facts"]["power"]
        assert set(power) == {"meter", "accuracy", "update_ms"}, "no counter or rail of the board's own total"
        assert len(seen.told["channels"]) == len(board.read()[0])


def test_a_meter_without_a_reading_is_none_with_its_reason_never_the_boards_total(tmp_path):
    root = str(lay_out(manifest("orin-nano"), tmp_path))
    with contextlib.closing(open_board(root, power_cmd="exit 1")) as board:
        seen = Seen(board)
        assert seen.raw["power.total"] is None
        assert seen.why["power.total"] == "read_error"
        assert seen.value("power.board") == pytest.approx(8.943528)
        assert any("--power-cmd ended with status 1" in text for text in seen.told["problems"])


# -- plugs

TASMOTA = {"StatusSNS": {"Time": "2026-01-02T03:04:05", "ENERGY": {"Total": 1.5, "Power": 6, "Voltage": 230}}}
SHELLY = {"id": 0, "output": True, "apower": 6.5, "voltage": 230.1, "aenergy": {"total": 12.3}}


@contextlib.contextmanager
def plug(answer):
    """A plug on this machine; ``answer(path)`` gives (status, body)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answer(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def asked(url):
    said = []
    meter = PlugMeter(url, said.append)
    meter.said = said
    try:
        yield meter.start()
    finally:
        meter.close()


def serving(**paths):
    """Tasmota below /cm, Shelly below /rpc."""

    def answer(path):
        for name, body in paths.items():
            if path.startswith("/" + name):
                return 200, json.dumps(body).encode()
        return 404, b"{}"

    return answer


@pytest.mark.parametrize(
    "body, path, method, microwatts",
    [
        ({"cm": TASMOTA}, "/cm?cmnd=Status%208", "meter:tasmota", 6000000),
        ({"rpc": SHELLY}, "/rpc/Switch.GetStatus?id=0", "meter:shelly", 6500000),
        ({"cm": TASMOTA}, "", "meter:tasmota", 6000000),
        ({"rpc": SHELLY}, "/", "meter:shelly", 6500000),
    ],
)
def test_plugs(body, path, method, microwatts, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a plug is never asked through a proxy
    with plug(serving(**body)) as url, asked(url + path) as meter:
        assert meter.watts() == microwatts
        assert meter.method == method
        assert meter.said == []
        assert "?" not in meter.source


def test_a_plug_is_asked_once_a_second():
    times = []

    def answer(path):
        times.append(time.monotonic())
        return 200, json.dumps(SHELLY).encode()

    with plug(answer) as url, asked(url + "/rpc/Switch.GetStatus?id=0"):
        until(lambda: len(times) >= 3)
    assert 1.8 < times[2] - times[0] < 2.5


@pytest.mark.parametrize(
    "status, body, words",
    [
        (401, b"", "wants a password"),
        (500, b"", "HTTP status 500"),
        (302, b"http://127.0.0.1:9/", "HTTP status 302"),
        (200, b"<html>", "no JSON"),
        (200, b"[1, 2]", "no JSON object"),
        (200, b'{"apower": null}', "no power in it"),
        (200, b'{"apower": "7"}', "no power in it"),
        (200, b'{"apower": NaN}', "no sense"),
        (200, b'{"apower": 1e99}', "no sense"),
        (200, b'{"StatusSNS": {"ENERGY": {"Power": [1, 2]}}}', "2 outputs"),
        (200, b'{"StatusSNS": 3}', "no power in it"),
    ],
)
def test_answers_that_are_none(status, body, words):
    with plug(lambda path: (status, body)) as url, asked(url + "/rpc/Switch.GetStatus?id=0") as meter:
        assert meter.watts() == "read_error"
        assert len(meter.problems) == 1 and words in meter.problems[0]


def test_a_plug_that_comes_and_goes_is_a_gap_and_said_once(monkeypatch):
    from jetbench_agent.sensors import meter_http

    monkeypatch.setattr(meter_http, "PERIOD_S", 0.05)
    well = [False]
    with plug(lambda path: (200, json.dumps(SHELLY).encode()) if well[0] else (503, b"")) as url, asked(url) as meter:
        time.sleep(0.3)
        assert len(meter.said) == 1 and "503" in meter.said[0]
        well[0] = True
        until(lambda: meter.watts() == 6500000)
        well[0] = False
        until(lambda: meter.watts() == "stale")
        assert [("again" in text) for text in meter.said] == [False, True, False]


def test_a_plug_that_hangs_ends_with_the_program(monkeypatch):
    from jetbench_agent.sensors import meter_http

    monkeypatch.setattr(meter_http, "TIMEOUT_S", 0.3)
    gate = threading.Event()
    with plug(lambda path: (gate.wait(5), (200, b"{}"))[1]) as url:
        with asked(url + "/cm?cmnd=Status%208") as meter:
            assert "no answer within 0.3 s" in meter.problems[0]
        gate.set()


@pytest.mark.parametrize(
    "url", ["plug", "ftp://plug", "file:///etc/passwd", "http://", "http://plug/other", "http://["]
)
def test_addresses_that_are_none(url):
    with pytest.raises(ValueError):
        kind_of(url)
    with pytest.raises(BadOptionError):
        open_board(power_url=url)


def test_power_against_the_plugs_direction_is_power():
    assert watts_of({"apower": -6.5}) == 6.5


def test_a_password_in_the_address_is_not_shown():
    assert PlugMeter("http://user:secret@plug/cm?cmnd=Status%208&password=x", print).source == "http://plug"
