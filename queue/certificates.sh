#!/bin/sh
# Makes certificates for Redis over TLS, signed by an authority of our own that it makes first if there is none:
#   sh queue/certificates.sh FOLDER NAME HOST [HOST...]
# writes FOLDER/NAME.crt and NAME.key for these hosts (names or IPv4 addresses), and FOLDER/ca.crt, which is all that
# the other machines need. FOLDER/ca.key signs new ones: keep it away from them.
set -eu
umask 077
if [ $# -lt 3 ]; then
    sed -n 2,5p "$0" >&2
    exit 2
fi
folder="$1" name="$2"
shift 2
hosts=""
for host in "$@"; do
    case "$host" in *[!0-9.]*) kind=DNS ;; *) kind=IP ;; esac
    hosts="$hosts${hosts:+,}$kind:$host"
done
mkdir -p "$folder"
cd "$folder"
new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
if [ ! -e ca.key ]; then
    # shellcheck disable=SC2086
    openssl req -x509 $new -days 3650 -subj "/CN=Alien Dreams" -keyout ca.key -out ca.crt 2> /dev/null
fi
# shellcheck disable=SC2086
openssl req $new -subj "/CN=$name" -keyout "$name.key" -out "$name.csr" 2> /dev/null
printf 'subjectAltName=%s\n' "$hosts" > "$name.ext"
openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -extfile "$name.ext" \
    -out "$name.crt" 2> /dev/null
rm "$name.csr" "$name.ext"
chmod 644 ca.crt "$name.crt"
