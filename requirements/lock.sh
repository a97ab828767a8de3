#!/bin/sh
# Resolve every .in file into a lock: all hashes of all platforms, no index, no folder named.
# The layers' locks take their versions from the working environment's, so that both run the same.
set -eu
cd "$(dirname "$0")/.."

tool=.local/lock
.venv/bin/python -m venv "$tool"
"$tool/bin/pip" install -qq uv==0.13.9

resolve() {
    source=$1 target=$2
    shift 2
    echo "lock: $target from $source"
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.13 --no-header \
        --generate-hashes --no-emit-index-url --no-emit-find-links "$@" \
        "$source" --output-file "$target"
}

resolve requirements/dev.in requirements/dev.txt
resolve requirements/sam.in requirements/sam.txt
resolve requirements/lambda.in requirements/lambda.txt
resolve requirements/meter_layer.in layers/bedrock_meter/requirements.txt -c requirements/dev.txt
resolve requirements/parquet_layer.in layers/parquet/requirements.txt -c requirements/dev.txt
