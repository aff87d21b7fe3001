import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # streams.py, however pytest is started
sys.path.insert(0, str(Path(__file__).parent))  # latencies.py
