"""Write tests/golden/wire anew from tests/samples.py.

Run it only when the wire format was changed on purpose (``python -m scripts.write_golden``): the
files are what older edges and hubs speak, so each difference in the commit is a decision.
"""

from pathlib import Path

from tests.samples import golden

FOLDER = Path(__file__).parents[1] / "tests" / "golden" / "wire"

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in golden().items():
        (FOLDER / name).write_bytes(content)
