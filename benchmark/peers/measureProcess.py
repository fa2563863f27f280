"""Runs a command to its end and prints its wall time, CPU time and peak resident memory as a line of JSON."""

import json
import resource
import subprocess
import sys
import time

began = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
wall = time.perf_counter() - began
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(
    json.dumps(
        {
            "status": status.returncode,
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peakResident": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "error": status.stderr.decode(errors="replace")[-2000:],
        }
    )
)
