#!/usr/bin/env bash
# Proves the Dockerfile without a container engine: builds it with buildah on a stand-in base made by
# debootstrap, runs the image as its own user on a read-only root, and calls a hook. See docker/README.md.
# Needs root, buildah and debootstrap; installs nothing. Without them it says so: skipped here, failed in CI.
set -euo pipefail
cd "$(dirname "$0")/.."

BASE=localhost/plumbline-proof-base
IMAGE=localhost/plumbline-proof
PYTHON=${PYTHON:-.venv/bin/python}
USER_OF_IMAGE=10001:10001

skip() {
  echo "container proof: $1"
  [ -z "${CI:-}" ] && exit 0
  exit 1
}

[ "$(id -u)" = 0 ] || skip "needs root"
for tool in buildah debootstrap unshare; do
  command -v "$tool" >/dev/null || skip "$tool is not installed"
done

work=$(mktemp -d /var/tmp/plumbline-proof.XXXXXX)
container=
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  [ -z "$container" ] || buildah rm "$container" >/dev/null 2>&1 || true
  buildah rmi "$IMAGE" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

echo "== the stand-in base"
if ! buildah inspect --type image "$BASE" >/dev/null 2>&1; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
    bookworm "$work/root" >"$work/debootstrap.log" || { tail -20 "$work/debootstrap.log"; exit 1; }
  base=$(buildah from scratch)
  buildah add --quiet "$base" "$work/root" / >/dev/null
  buildah commit --quiet "$base" "$BASE" >/dev/null
  buildah rm "$base" >/dev/null
  rm -rf "$work/root"
fi

echo "== the wheels, checked against the lock file's hashes"
"$PYTHON" -m pip download -qq --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
  --python-version 3.11 -r requirements.lock -r docker/sbom.lock --dest "$work/wheels"
# The build itself then needs no network, and no address of a package index gets near the image.
printf '[global]\nno-index = true\nfind-links = /wheels\n' >"$work/pip.conf"

echo "== the build"
buildah bud --quiet --isolation chroot --pull-never --network host --format docker --build-arg "BASE=$BASE" \
  --volume "$work/wheels:/wheels:ro" --volume "$work/pip.conf:/etc/pip.conf:ro" --tag "$IMAGE" . >/dev/null

echo "== what the image says of itself"
declared() {
  buildah inspect --type image --format "{{$1}}" "$IMAGE"
}
expect() {
  [ "$2" = "$3" ] || { echo "$1 is $2, expected $3"; exit 1; }
  echo "$1: $2"
}
expect user "$(declared .Docker.Config.User)" "$USER_OF_IMAGE"
expect entrypoint "$(declared .Docker.Config.Entrypoint)" "[python -m app]"
expect command "$(declared .Docker.Config.Cmd)" "[serve]"
expect ports "$(declared .Docker.Config.ExposedPorts)" "map[8000/tcp:{}]"
case "$(declared .Docker.Config.Healthcheck)" in
  *"CMD python -c"*) echo "health check: exec form" ;;
  *) echo "the health check is not in exec form"; exit 1 ;;
esac

echo "== the list of what it holds"
container=$(buildah from --pull-never "$IMAGE")
root=$(buildah mount "$container")
"$PYTHON" -m tests.integration.image_sbom "$root/srv/plumbline/sbom.json" requirements.lock

echo "== a run as $USER_OF_IMAGE on a read-only root"
port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
readarray -t environment < <(declared 'range .Docker.Config.Env}}{{println .}}{{end' | grep =)
# Replaces the shell that calls it, so that $! is the server itself: call it in a subshell.
within() {
  local user=$1
  shift
  exec unshare --mount --propagation private bash -euc '
    root=$1; shift
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t tmpfs tmpfs "$root/tmp"
    exec chroot --userspec="$0" "$root" env -i --chdir=/srv/plumbline "$@"
  ' "$user" "$root" "${environment[@]}" PLUMBLINE_HOST=127.0.0.1 PLUMBLINE_PORT="$port" "$@"
}
(within 0:0 sh -c '! touch /srv/plumbline/x 2>/dev/null && ! touch /opt/venv/x 2>/dev/null') ||
  { echo "even root must not be able to write here"; exit 1; }
if (within "$USER_OF_IMAGE" PLUMBLINE_HOST=0.0.0.0 \
  python -m app serve) >"$work/refusal.log" 2>&1; then
  echo "it starts although nobody was named who may call"; exit 1
fi
grep -q PLUMBLINE_ALLOW_ANONYMOUS "$work/refusal.log" || { cat "$work/refusal.log"; exit 1; }
echo "without clients in a site file it does not start"
within "$USER_OF_IMAGE" PLUMBLINE_ALLOW_ANONYMOUS=true \
  python -m app serve >"$work/server.log" 2>&1 </dev/null &
server=$!
"$PYTHON" -m tests.integration.image "$port" || { tail -40 "$work/server.log"; exit 1; }
expect "process user" "$(stat -c %u:%g "/proc/$server")" "$USER_OF_IMAGE"
grep -q '"compiled":"used"' "$work/server.log" || { echo "the content was not read back"; cat "$work/server.log"; exit 1; }

(within "$USER_OF_IMAGE" PLUMBLINE_ALLOW_ANONYMOUS=true env --chdir=/tmp python -m app check >"$work/check.log") ||
  { echo "its commands do not work in another folder"; cat "$work/check.log"; exit 1; }

echo "== the image's own health check"
healthy() {
  (within "$USER_OF_IMAGE" python -c "$(declared 'index .Docker.Config.Healthcheck.Test 3')" >/dev/null 2>&1)
}
healthy || { echo "unhealthy while it serves"; exit 1; }
kill "$server"
wait "$server" || true
server=
! healthy || { echo "healthy although nothing serves"; exit 1; }
echo "healthy while it serves, unhealthy after it stopped"
echo "== the container proof holds"
