#!/bin/sh
# Make the environments this repository works in; do nothing where they are up to date.
# With the word `demo`: only those that the demo runs in, which need no Node and no SAM.
# Each keeps a copy of the lock it was made from, so an interrupted or outdated one is made anew.
set -eu
cd "$(dirname "$0")/.."

missing() {
    echo "make setup: $1" >&2
    exit 2
}

# Print the path of a Python 3.13. A PYENV_VERSION of the caller's shell would hide the one that
# .python-version names, so every candidate is also tried without it.
find_python() {
    for candidate in ${PYTHON:-} python3.13 python3 python; do
        for hidden in NOTHING PYENV_VERSION; do
            env -u "$hidden" "$candidate" -c 'import ensurepip, sys, venv
if sys.version_info[:2] != (3, 13): sys.exit(1)
print(sys.executable)' 2>/dev/null && return
        done
    done
    return 1
}

# environment FOLDER LOCK: a virtual environment that holds exactly what the lock names.
environment() {
    [ ! -L "$1" ] || return 0 # a link: the environment of another checkout, which is not ours to replace
    if cmp -s "$2" "$1/installed.txt" && "$1/bin/python" -c '' 2>/dev/null; then
        return
    fi
    echo "setup: $1 from $2"
    "$python" -m venv --clear "$1"
    "$1/bin/python" -m pip install -qq --no-compile --require-hashes -r "$2"
    cp "$2" "$1/installed.txt"
}

# The package itself, in place: `bedrock-meter` runs the working tree. The client library and the
# tools for development are importable beside it, and in no wheel.
package() {
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$PWD/layers/bedrock_meter_client/python" "$PWD" >"$site/bedrock_meter_repository.pth"
    cat pyproject.toml requirements/runtime.in >.venv/package.new
    if ! cmp -s .venv/package.new .venv/package.txt || [ ! -x .venv/bin/bedrock-meter ]; then
        .venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable .
        mv .venv/package.new .venv/package.txt
    fi
}

# Only the ASL checker comes from npm.
asl_validator() {
    folder=tests/statemachines
    if ! cmp -s $folder/package-lock.json $folder/node_modules/installed.json; then
        echo "setup: $folder/node_modules from $folder/package-lock.json"
        (cd $folder && npm ci --ignore-scripts --silent --no-audit --no-fund --no-update-notifier)
        cp $folder/package-lock.json $folder/node_modules/installed.json
    fi
}

if [ "${1:-}" != demo ]; then
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null ||
        missing "Node.js 18 or newer is missing: install it so that 'node' runs (the state machine checker needs it; make demo does not)"
    command -v npm >/dev/null || missing "npm is missing: it comes with Node.js 18 or newer"
fi
python=$(find_python) || missing "Python 3.13 (with its venv module) is missing: install it so that 'python3.13' runs, or name it with PYTHON=/path/to/python3.13"

if [ "${1:-}" = demo ]; then
    environment .venv-lambda requirements/lambda.txt
    environment .venv requirements/dev.txt
    package
    exit
fi
environment .venv-sam requirements/sam.txt &
sam=$!
environment .venv-lambda requirements/lambda.txt
environment .venv requirements/dev.txt
package
asl_validator
wait $sam
