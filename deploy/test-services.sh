#!/bin/sh
# What the tests need beside Python: Java 17 and Maven (they bring Kafka), PostgreSQL 15, Chromium; as root
# also `ip`, for a network of their own.
# What is missing is installed when we are root on Debian; else one line says what to install.
# Also promtool, which judges the alert rules; without it the tests of those are left out, but for CI.
set -eu
cd "$(dirname "$0")/.."

java_is_new_enough() {
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

postgres_is_new_enough() {
    for program in /usr/lib/postgresql/*/bin/postgres "$(command -v postgres || true)"; do
        [ -x "$program" ] || continue
        version=$("$program" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        [ "${version:-0}" -ge 15 ] && return
    done
    return 1
}

chromium_is_there() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

promtool_is_there() {
    command -v promtool >/dev/null || [ -x .services/promtool ]
}

# Only the program, out of the package: installed, the package would start a server of its own.
fetch_promtool() {
    folder=$(mktemp -d)
    if (
        cd "$folder"
        apt-get download -qq prometheus || { [ "$(id -u)" = 0 ] && apt-get update -qq && apt-get download -qq prometheus; }
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
    ) >"$folder/log" 2>&1; then
        mkdir -p .services
        mv "$folder/usr/bin/promtool" .services/promtool
    else
        echo "promtool could not be fetched: $(tail -n 1 "$folder/log")" >&2
    fi
    rm -rf "$folder"
}

missing() {
    java_is_new_enough || printf ' default-jre-headless'
    command -v mvn >/dev/null || printf ' maven'
    postgres_is_new_enough || printf ' postgresql'
    command -v ip >/dev/null || [ "$(id -u)" != 0 ] || printf ' iproute2'
    chromium_is_there >/dev/null || printf ' chromium fonts-liberation'
}

if ! promtool_is_there && command -v apt-get >/dev/null; then
    echo "fetching promtool"
    fetch_promtool
fi
packages=$(missing)
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing$packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # shellcheck disable=SC2086
    if apt-get update -qq >"$log" 2>&1 && apt-get install -qq -y --no-install-recommends $packages >>"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 20 "$log" >&2
    fi
    packages=$(missing)
fi
if [ -n "$packages" ]; then
    echo "the tests need these Debian packages, or what they hold:$packages" >&2
    exit 1
fi
