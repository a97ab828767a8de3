#!/bin/sh
# Build the packages into dist/: the command, and the client library for applications.
# From copies, because building leaves traces beside the sources; without an index, because all that
# is needed to build is in the environment of the repository.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
built=.local/packages
rm -rf "$built"
mkdir -p "$built/meter/layers/bedrock_meter" "$built/meter/requirements" dist

cp pyproject.toml README.md LICENSE "$built/meter/"
cp requirements/runtime.in "$built/meter/requirements/"
cp -R layers/bedrock_meter/python "$built/meter/layers/bedrock_meter/"
sources="$built/meter"
if [ -f layers/bedrock_meter_client/pyproject.toml ]; then
    cp -R layers/bedrock_meter_client "$built/client"
    sources="$sources $built/client"
fi

rm -f dist/bedrock_meter-*.whl dist/bedrock_meter_client-*.whl
for source in $sources; do
    find "$source" \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
    "$python" -m pip wheel -qq --no-deps --no-index --no-build-isolation -w dist "./$source"
done
ls dist/*.whl
