"""Makes docs/screenshot.svg: the app in the middle of a real run over a simulated board.

python docs/screenshot.py [OUT.svg] [COLUMNSxROWS] [SECONDS after the run began]
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from jetbench.cli.session import make_worker
from jetbench.domain.plan import Plan
from jetbench.tui.running import serve


def main() -> None:
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshot.svg")
    columns, rows = map(int, (sys.argv[2] if len(sys.argv) > 2 else "120x40").split("x"))
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 25.0
    folder = tempfile.TemporaryDirectory()
    worker = make_worker(
        None, None, screen=True, output=Path(folder.name) / "session.jsonl", sensors=("--simulate=orin:x8",)
    )
    worker.start()

    async def script(pilot: Any) -> None:
        await pilot.pause(8.0)
        await pilot.press("s")
        await pilot.pause(seconds)
        pilot.app.save_screenshot(str(out))
        # Fonts from elsewhere would be fetched by whoever looks at the page.
        out.write_text(re.sub(r"@font-face\s*{.*?}", "", out.read_text(), flags=re.S))
        worker.stop(force=True)
        pilot.app.exit()

    serve(worker, Plan(k=400), list, pilot=script, size=(columns, rows))
    print(out)


if __name__ == "__main__":
    main()
