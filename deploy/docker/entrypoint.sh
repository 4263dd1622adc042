#!/bin/sh
# Starts umbilical in a container. What listens is run by an interpreter that carries CAP_NET_RAW; all else by one that
# carries nothing. The kernels of the image are given to numba in a folder that it can write, as it wants.
set -eu

bin=/opt/umbilical/bin
python=$bin/python

case ${1-} in
watch | doctor)
    # A file with a capability that the container may not have cannot even be started.
    if "$bin/python-listens" -I -c '' 2>/dev/null; then
        python=$bin/python-listens
    else
        echo "umbilical: this container may not listen on interfaces; give it NET_RAW (--cap-add NET_RAW)" >&2
    fi
    ;;
esac

if [ -d "${NUMBA_CACHE_DIR-}" ] && ! [ -w "$NUMBA_CACHE_DIR" ]; then
    kernels=${TMPDIR:-/tmp}/umbilical-kernels
    if ! [ -O "$kernels" ]; then
        fresh=$(mktemp -d "$kernels.XXXXXX")
        cp -R "$NUMBA_CACHE_DIR/." "$fresh/"
        mv "$fresh" "$kernels"
    fi
    export NUMBA_CACHE_DIR="$kernels"
fi

exec "$python" -I "$bin/umbilical" "$@"
