import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # the helpers beside these folders, however pytest is started
