#!/bin/sh
# What the container of Valkey runs: writes the users (queue/acl.sh) where only it can read them, then starts.
set -eu
umask 077
here="$(dirname "$0")"
users="${TMPDIR:-/tmp}/users.acl"
sh "$here/acl.sh" > "$users"
exec valkey-server "$here/valkey.conf" --aclfile "$users" "$@"
