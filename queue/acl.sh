#!/bin/sh
# Prints users.acl for Valkey or Redis (aclfile) with the passwords as SHA-256:
#   sh queue/acl.sh > users.acl
# Passwords are read from DREAM_REDIS_BOT_PASSWORD, DREAM_REDIS_WORKER_PASSWORD and DREAM_REDIS_OPERATOR_PASSWORD, or
# from the files that DREAM_REDIS_BOT_PASSWORD_FILE … name.
set -eu
template="$(dirname "$0")/users.acl"

password() {
    name="DREAM_REDIS_$1_PASSWORD"
    eval "word=\${$name:-} file=\${${name}_FILE:-}"
    if [ -z "$word" ] && [ -n "$file" ]; then word="$(cat "$file")"; fi
    if [ -z "$word" ]; then
        echo "$name is empty; see docs/OPERATIONS.md" >&2
        exit 1
    fi
    printf '%s' "$word" | sha256sum | cut -d' ' -f1
}

bot="$(password BOT)"
worker="$(password WORKER)"
operator="$(password OPERATOR)"
# One user a line, no comments: that is all an aclfile may hold.
sed -e '/^#/d' -e '/^ *$/d' -e "s/{bot}/#$bot/; s/{worker}/#$worker/; s/{operator}/#$operator/" "$template" |
    awk '{ gsub(/ +/, " ") } sub(/ ?\\$/, "") { printf "%s", $0; next } { print }'
