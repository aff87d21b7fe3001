"""Meters that give nothing, too much, or take for ever: what is told of them, and what they may cost."""

import contextlib
import http.server
import threading
import time

import pytest
from seen import Seen
from test_meter import asked, command, until

from board_tree import lay_out, manifest
from jetbench_agent.sensors import meter as meters
from jetbench_agent.sensors import meter_http, open_board
from jetbench_agent.sensors.extended import Addition, ExtendedBoard
from jetbench_agent.sensors.meter import Meter
from jetbench_agent.sensors.source import channel


def test_a_flood_takes_no_core_and_its_newest_lines_count():
    with command("yes 4.25") as meter:
        until(lambda: meter.watts() == 4250000)
        until(lambda: any("faster than anybody reads" in text for text in meter.said))
        used, lines = time.process_time(), meter.readings
        time.sleep(2.0)
        assert time.process_time() - used < 0.5, "a loop that reads all of it takes the whole two seconds"
        assert meter.readings - lines < 20000
        assert meter.watts() == 4250000
        assert len([text for text in meter.said if "faster" in text]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sleep 1000", "has printed nothing within"),
        ("echo warming up; sleep 1000", "'warming up', which is no number of watts"),
    ],
)
def test_a_command_without_a_reading_is_a_problem_of_the_board(tmp_path, monkeypatch, text, words):
    monkeypatch.setattr(meters, "FIRST_READING_S", 0.5)
    root = str(lay_out(manifest("nano-2gb"), tmp_path))
    with contextlib.closing(open_board(root, power_cmd=text)) as board:
        seen = Seen(board)
        assert seen.why["power.total"] == "read_error"
        assert [problem for problem in seen.told["problems"] if words in problem]
        assert "--power-cmd" in seen.channel("power.total")["hint"], "what to look at, and not the kernel log"


def test_a_heading_before_the_figures_is_no_problem():
    with command("echo watts; sleep 0.1; while :; do echo 3; sleep 0.1; done") as meter:
        assert meter.problems == []
        until(lambda: meter.watts() == 3000000)


def test_lines_written_at_once_do_not_make_the_meter_fast():
    now = [0]
    meter = Meter(lambda text: None, lambda: now[0])
    for _ in range(4):
        for _ in range(10):
            meter.take(5.0)
        now[0] += 10**9
    assert meter.period_s == pytest.approx(1.0)
    now[0] += 10**9
    assert meter.watts() == 5000000


def test_a_plug_that_trickles_is_given_up(monkeypatch):
    class Trickle(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(meter_http, "TIMEOUT_S", 0.3)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trickle)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with asked(url + "/cm?cmnd=Status%208") as meter:
        assert "no answer within 0.3 s" in meter.problems[0]
        assert meter.source == url, "with its port"
    server.shutdown()
    server.server_close()


def test_an_addition_that_breaks_costs_its_own_columns(tmp_path):
    class Broken(Addition):
        method, scope, replaces = "meter:x", "x", True
        channels = (channel("clock.x", "clock", "MHz", 1e-6, "x"),)

        def watts(self):
            raise RuntimeError("a bug")

        def read(self):
            raise RuntimeError("a bug")

    class Mad(Addition):
        channels = (channel("clock.y", "clock", "MHz", 1e-6, "y"),)

        def read(self):
            return [10**40]  # no reader of the stream takes such a number, nor the row that it is in

    with contextlib.closing(open_board(str(lay_out(manifest("orin-nano"), tmp_path)))) as board:
        seen = Seen(ExtendedBoard(board, [Broken(), Mad()]))
        assert {seen.why[ident] for ident in ("power.total", "clock.x", "clock.y")} == {"read_error"}
        assert seen.value("power.board") == pytest.approx(8.943528)
