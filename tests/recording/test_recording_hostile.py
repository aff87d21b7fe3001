"""A recording is data from someone else: nothing in it may cost more than the line it stands in."""

from __future__ import annotations

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.export.json import dumps
from jetbench.recording.format import header
from jetbench.session.load import load

HEAD = streams.lines([header(board=streams.board(), t=0, wall_ns=10**18)])
RUN = streams.lines([ev.RunStart(t=5, cases=(ev.Case(id=0, model="m"),)), ev.CaseStart(t=6, c=0)])
HUGE = b"9" * 30
DEEP = b"[" * 100_000 + b"]" * 100_000
CHANNEL = b'{"id":"power.total","quantity":"power","name":"x","unit":"W","scale":%s}'

DAMAGED = {
    "deep": b'{"k":"log","extra":' + DEEP + b"}",
    "deep in a field": b'{"k":"checkpoint","brief":{"a":' + DEEP + b"}}",
    "huge latency": b'{"k":"lat","c":0,"s":[0],"d":[' + HUGE + b"]}",
    "latency beyond 64 bits": b'{"k":"lat","c":0,"b":9223372036854775807,"s":[9223372036854775807],"d":[1]}',
    "negative latency": b'{"k":"lat","c":0,"s":[0],"d":[-1]}',
    "huge index": b'{"k":"lat","c":0,"i":' + HUGE + b',"s":[0],"d":[1]}',
    "huge round": b'{"k":"lat","c":0,"r":9999999999,"s":[0],"d":[1]}',
    "starts without ends": b'{"k":"lat","c":0,"s":[0,1],"d":[1]}',
    "time of thousands of digits": b'{"k":"tel","t":' + b"9" * 5000 + b"}",
    "huge time": b'{"k":"tel","t":' + HUGE + b"}",
    "negative time": b'{"k":"tel","t":-1}',
    "NaN": b'{"k":"overhead","cpu_s":NaN}',
    "infinite": b'{"k":"overhead","cpu_s":1e999}',
    "huge reading": b'{"k":"tel","t":7,"v":[' + HUGE * 100 + b"]}",
    "float for a reading": b'{"k":"tel","t":7,"v":[1.5]}',
    "scale 0": b'{"k":"board","channels":[' + CHANNEL % b"0" + b"]}",
    "scale below 0": b'{"k":"board","channels":[' + CHANNEL % b"-1" + b"]}",
    "scale of nothing": b'{"k":"board","channels":[' + CHANNEL % b"1e-300" + b"]}",
    "bad UTF-8": b'{"k":"log","text":"\xff\xfe"}',
    "half a surrogate": b'{"k":"log","text":"\\ud800"}',
    "NUL": b'{"k":"log","text":"a\0b"}',
    "case with no items": b'{"k":"run","cases":[{"id":0,"model":"m","batch":0}]}',
    "case of a huge id": b'{"k":"run","cases":[{"id":' + HUGE + b',"model":"m"}]}',
    "huge count": b'{"k":"model","c":0,"params":' + HUGE + b"}",
    "negative memory": b'{"k":"memory","c":0,"peak_rss_kib":-5}',
    "huge stage": b'{"k":"stage","c":0,"name":"load","ns":' + HUGE + b"}",
    "huge fault": b'{"k":"lat","c":0,"s":[0],"d":[1],"faults":[[0,' + HUGE + b"]]}",
    "huge time on the GPU": b'{"k":"lat","c":0,"s":[0],"d":[1],"device":[' + HUGE + b"]}",
    "huge part": b'{"k":"lat","c":0,"s":[0],"d":[1],"parts":{"read":[' + HUGE + b"]}}",
    "huge swap": b'{"k":"lat","c":0,"s":[0],"d":[1],"swap_in_kib":' + HUGE + b"}",
    "huge ledger": b'{"k":"stage","c":0,"name":"load","ns":1,"read_kib":' + HUGE + b"}",
    "huge forecast": b'{"k":"forecast","c":0,"need_kib":' + HUGE + b"}",
    "huge remedy": b'{"k":"case_end","c":0,"remedies":[{"text":"x","need_kib":' + HUGE + b"}]}",
    "huge layer": b'{"k":"model","c":0,"params":1,"layers":[{"name":"x","kind":"y","macs":' + HUGE + b"}]}",
    "huge way of counting": b'{"k":"model","c":0,"params":1,"counts":[{"method":"x","macs":' + HUGE + b"}]}",
    "huge copy": b'{"k":"transfer","c":0,"direction":"h2d","d":[' + HUGE + b"]}",
    "part of a huge time": b'{"k":"part","wall_ns":' + HUGE + b"}",
    "part before time began": b'{"k":"part","after":-1}',
    "part with a scale of 0": b'{"k":"part","board":{"k":"board","channels":[' + CHANNEL % b"0" + b"]}}",
    "resume of a huge case": b'{"k":"resume","left":[[' + HUGE + b"]]}",
    "resume of no case": b'{"k":"resume","left":[[-1]]}',
    "a list": b"[1,2,3]",
    "a string": b'"x"',
    "no JSON": b"\x00\x01\x02",
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED.keys())
def test_costs_its_line_alone(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_bytes(HEAD + RUN + line + b"\n" + streams.lines([ev.Log(t=9, text="after")]))
    state, damage = load(path)
    assert damage.lines == 1, damage.text()
    text = damage.text()
    assert text is not None
    assert "\n" not in text
    assert len(text) < 400
    assert [entry.text for entry in state.log][-1:] == ["after"]
    dumps(document(state))


SOUND = {
    "pass of no time": b'{"k":"lat","c":0,"s":[0],"d":[0]}',
    "unknown case": b'{"k":"lat","c":77,"s":[0],"d":[1]}',
    "stage of an unknown case": b'{"k":"stage","c":77,"name":"x","ns":1}',
    "end of an unknown case": b'{"k":"case_end","c":77}',
    "more readings than channels": b'{"k":"tel","t":7,"v":[1,2,3,4,5,6,7,8,9,10,11,12]}',
    "fewer": b'{"k":"tel","t":7,"v":[]}',
    "a second header": HEAD.rstrip(),
    "a run of nothing": b'{"k":"run"}',
    "two cases of one id": b'{"k":"run","cases":[{"id":0,"model":"a"},{"id":0,"model":"b"}]}',
    "a long log line": b'{"k":"log","text":"' + b"x" * 900_000 + b'"}',
    "a place beyond the passes": b'{"k":"lat","c":0,"s":[0],"d":[1],"faults":[[9,1]],"waits":[[7,1,-1]],"gc":[5]}',
    "a rule of no case": b'{"k":"rule","c":77,"name":"x"}',
    "accuracy of nonsense": b'{"k":"board","facts":{"power":{"accuracy":[1,{"gain":"x"}],"update_ms":"soon"}}}',
    "an end without a begin": b'{"k":"run_end"}',
    "a part of nothing": b'{"k":"part"}',
    "a part from the far future": b'{"k":"part","t":5,"wall_ns":4000000000000000000,"after":7}',
    "a resume of what is not there": b'{"k":"resume","left":[[7,7],[],[0],[0]]}',
    "a checkpoint that lies": b'{"k":"checkpoint","events":-1,"offsets":[-5],"marks":-7,"parts":[-9]}',
}


@pytest.mark.parametrize("line", SOUND.values(), ids=SOUND.keys())
def test_odd_and_still_no_damage(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_bytes(HEAD + RUN + line + b"\n" + streams.lines([ev.CaseEnd(t=9, c=0), ev.RunEnd(t=10)]))
    state, damage = load(path)
    assert not damage, damage.text()
    dumps(document(state))
    assert all(len(entry.text) <= 5000 for entry in state.log)


def test_names_cannot_steer_a_terminal(tmp_path):
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31mred\u202e\u2028x\ny\x00"
    case = ev.Case(id=0, model=evil, variant=evil, device=evil)
    events = [
        ev.RunStart(t=5, cases=(case,)),
        ev.CaseStart(t=6, c=0),
        ev.CaseEnd(t=7, c=0, status="failed", error=evil * 1000),
        ev.RunEnd(t=8),
    ]
    path = tmp_path / "a.jsonl"
    board = ev.Board(model=evil, kind=evil, problems=(evil,), facts={evil: [evil, {evil: evil}]})
    path.write_bytes(streams.lines([header(board=board), *events]))
    text = dumps(document(load(path)[0]))
    assert "u001b" not in text
    assert "u009b" not in text
    assert "u202e" not in text
    assert "owned" not in text
    assert '"model": "red xy' in text or '"model": "red x y' in text
    assert len(text) < 20_000
