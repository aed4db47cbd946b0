#!/bin/bash
# The one call on the machine with the GPU: bash run.sh FOLDER [options of measure.js]; writes FOLDER/gpu.json in under
# ten minutes. Unpacks beside nothing of the machine, and takes it all away again.
set -eu
PATH=$PATH:/usr/sbin:/sbin
out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

gzip -dc "$here/node.gz" >"$work/node"
chmod +x "$work/node"
"$work/node" -e 'process.stdin.pipe(zlib.createBrotliDecompress()).pipe(process.stdout)' <"$here/app.tar.br" |
  tar -x -C "$work"

# A machine for computing often has the driver of Vulkan without its loader, or without the file that names it.
if ! ldconfig -p 2>/dev/null | grep -q libvulkan; then
  export LD_LIBRARY_PATH="$work/app/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
known=$(ls {/usr/share,/etc}/vulkan/icd.d/nvidia_icd*.json 2>/dev/null || true)
if [ -z "${VK_DRIVER_FILES:-}$known" ]; then
  driver=$(find /usr/local /opt -name 'nvidia_icd*.json' 2>/dev/null | head -n 1 || true)
  if [ -z "$driver" ] && ldconfig -p 2>/dev/null | grep -q libEGL_nvidia.so.0; then
    driver=$work/nvidia_icd.json
    echo '{"file_format_version":"1.0.0","ICD":{"library_path":"libEGL_nvidia.so.0","api_version":"1.3.0"}}' >"$driver"
  fi
  if [ -n "$driver" ]; then export VK_DRIVER_FILES=$driver; fi
fi
# TensorFlow would take all of the GPU's memory, and leave none to a second process.
export TF_FORCE_GPU_ALLOW_GROWTH=true
# What torch.compile keeps is taken away too.
export TORCHINDUCTOR_CACHE_DIR=$work/inductor TRITON_CACHE_DIR=$work/triton

# The machine's own limit is ten minutes; the file has what was measured until then, whatever happens.
timeout -k 5 580 "$work/node" "$work/app/bench/gpu/measure.js" --out "$out/gpu.json" "$@"
