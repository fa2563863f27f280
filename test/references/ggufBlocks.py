"""Random blocks of every kind of GGUF that is read here, with the values that the Python package `gguf` gives them.

    pip install gguf==0.19.0 && python test/references/ggufBlocks.py > test/references/ggufBlocks.json

Bytes are random, except that scales in F16 and BF16 are finite. Bytes and values (float32, little-endian) are base64.
"""

import base64
import json
from importlib.metadata import version

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

# Offsets of the F16 numbers in a block.
HALVES = {
    "F16": [0],
    "BF16": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q8_0": [0],
    "Q2_K": [80, 82],
    "Q3_K": [108],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
    "IQ4_NL": [0],
    "IQ4_XS": [0],
}


def main() -> None:
    random = np.random.default_rng(20261122)
    kinds = {}
    for name, halves in HALVES.items():
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        count = 64 if elements == 1 else 4 if elements == 32 else 3
        blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
        for offset in halves:
            blocks[:, offset + 1] &= 0xBF  # the top bit of the exponent
        values = dequantize(blocks.reshape(1, -1), kind).astype("<f4")
        assert np.isfinite(values).all()
        kinds[name] = {
            "bytes": base64.b64encode(blocks.tobytes()).decode(),
            "values": base64.b64encode(values.tobytes()).decode(),
        }
    print(json.dumps({"gguf": version("gguf"), "kinds": kinds}, indent=1))


if __name__ == "__main__":
    main()
