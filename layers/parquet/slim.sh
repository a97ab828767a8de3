#!/bin/sh
# slim.sh FOLDER: leave of FOLDER/pyarrow what reading and writing Parquet files loads.
# Kept on purpose: libarrow_substrait, because every extension module names it as needed.
set -eu
cd "$1/pyarrow"

# For building against pyarrow, and its own tests.
rm -rf include includes src tests conftest.py benchmark.py
find . \( -name '*.pyx' -o -name '*.pyi' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' \) -exec rm -f {} +

# Other formats, other stores, other machines.
for feature in flight s3 s3fs gcsfs azurefs hdfs orc dataset_orc cuda gandiva pyarrow_cpp_tests; do
    rm -f "_$feature".* "libarrow_$feature".so* "libarrow_python_$feature".so*
done
rm -f flight.py orc.py cuda.py jvm.py gandiva.* _substrait.* substrait.py

# The same library under three names: only the one the loader asks for stays.
for library in libarrow_python*.so; do
    [ -e "$library" ] || continue
    rm -f "$library" "$library".*.*
done

cd ..
rm -rf bin
find . -name __pycache__ -type d -prune -exec rm -rf {} +
