#!/usr/bin/env bash
# Makes the dataset keys of testdata/keys, and real files of the kinds that are named and not
# handled: crypt4gh of neicnordic/crypt4gh v1.15.0 and age-keygen of filippo.io/age v1.3.2, built
# here, gpg, openssl and python3. generate.sh calls it; alone, it makes these folders afresh:
#
#	testdata/generate-dataset.sh testdata/keys
#
# These keys are public. Never use them.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077

here=$(cd "$(dirname "$0")" && pwd)
new=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
comment='taro@lab 太郎'
passphrase=$(cat "$new/passphrase")

quiet() { "$@" >"$work/log" 2>&1 || { echo "failed: $*" >&2; cat "$work/log" >&2; return 1; }; }

build() (
	cd "$work"
	go mod init tools
	go get github.com/neicnordic/crypt4gh@v1.15.0 filippo.io/age@v1.3.2
	go build -o "$work/" github.com/neicnordic/crypt4gh filippo.io/age/cmd/age-keygen
)

# raw PUBLIC: the 32 bytes behind age1… (BIP 173, without looking at the checksum).
raw() {
	python3 -c '
import sys
letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
number = 0
for c in sys.argv[1][4:-6]:
    number = number << 5 | letters.index(c)
sys.stdout.buffer.write((number >> 4).to_bytes(32, "big"))' "$1"
}

# facts DIR PUBLIC <RAW: what openssl says of the 32 bytes.
facts() {
	cat >"$work/raw"
	{
		echo algorithm x25519
		echo bits 256
		echo "sha256 SHA256:$(openssl dgst -sha256 -binary "$work/raw" | base64 | tr -d =)"
		echo "md5 MD5:$(openssl dgst -md5 -c "$work/raw" | sed 's/.*= //')"
		echo "comment $comment"
		echo "public $2"
		# Neither tool puts a comment, and htslib's key is bare.
		for name in crypt4gh.scrypt crypt4gh.old crypt4gh.htslib age age.pub; do
			[ ! -e "$new/$1/$name" ] || echo "comment.$name "
		done
	} >"$new/$1/facts.txt"
}

crypt4gh() {
	local dir=$new/x25519
	rm -rf "$dir" && mkdir "$dir"
	(cd "$work" && quiet ./crypt4gh generate -n made -p "$passphrase")
	mv "$work/made.sec.pem" "$dir/crypt4gh.scrypt"
	mv "$work/made.pub.pem" "$dir/crypt4gh.pub"
	(cd "$here" && go run ./dataset "$dir" "$new/foreign" "$new/passphrase" "$comment")
	sed -n 2p "$dir/crypt4gh.pub" | base64 -d | facts x25519 "$(sed -n 2p "$dir/crypt4gh.pub")"
	echo data >"$work/data"
	(cd "$work" && quiet ./crypt4gh encrypt -f data -p "$dir/crypt4gh.pub")
	mv "$work/data.c4gh" "$new/foreign/data.c4gh"
}

age() {
	local dir=$new/x25519-age
	rm -rf "$dir" && mkdir "$dir"
	quiet "$work/age-keygen" -o "$dir/age"
	quiet "$work/age-keygen" -y -o "$dir/age.pub" "$dir/age"
	raw "$(cat "$dir/age.pub")" | facts x25519-age "$(cat "$dir/age.pub")"
	rm -f "$new/unsupported/age.pq"
	quiet "$work/age-keygen" -pq -o "$new/unsupported/age.pq"
}

openpgp() {
	local home=$work/gnupg dir=$new/foreign
	mkdir "$home"
	gpg() { quiet command gpg --homedir "$home" --batch --yes --pinentry-mode loopback --passphrase '' "$@"; }
	gpg --quick-generate-key 'Taro <taro@lab>' ed25519 sign never
	gpg --export-secret-keys -o "$dir/openpgp-secret.gpg"
	gpg --export-secret-keys --armor -o "$dir/openpgp-secret.asc"
	gpg --export -o "$dir/openpgp-public.gpg"
	gpg --export --armor -o "$dir/openpgp-public.asc"
	gpg --detach-sign --armor -o "$dir/openpgp-signature.asc" "$new/passphrase"
	gpgconf --homedir "$home" --kill all
}

tls() {
	local dir=$new/foreign
	quiet openssl req -x509 -newkey rsa:1024 -nodes -keyout "$work/key.pem" -subj '/CN=sshkeys test' -days 3650 -out "$work/cert.pem"
	cat "$work/cert.pem" "$work/key.pem" >"$dir/tls-bundle.pem"
	quiet openssl pkcs12 -export -in "$work/cert.pem" -inkey "$work/key.pem" -passout pass:test -out "$dir/tls-bundle.p12"
	quiet openssl req -new -key "$work/key.pem" -subj '/CN=sshkeys test' -out "$dir/tls-request.pem"
	quiet openssl crl2pkcs7 -nocrl -certfile "$work/cert.pem" -out "$dir/tls-pkcs7.pem"
}

quiet build
mkdir -p "$new/foreign"
crypt4gh
age
openpgp
tls
chmod -R u=rwX,go=rX "$new/x25519" "$new/x25519-age" "$new/foreign" "$new/unsupported"
