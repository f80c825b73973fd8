"""Speed and accuracy beside the peers: `python -m benchmarks [--out FILE.json] [--rows NAME...]`.

Every participant runs in its own process on one core and prints one JSON object; `__main__` joins them.
"""
