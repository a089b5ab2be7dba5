#!/usr/bin/env bash
# Makes testdata/keys afresh: every key in every format that ssh-keygen 9.2, puttygen 0.78,
# openssl 3.0 and dropbearconvert 2022.83 (Debian 12: openssh-client putty-tools openssl dropbear-bin)
# can write, and facts.txt with what those tools say of it. Runs anywhere; takes about a minute.
# Dataset keys and foreign files are generate-dataset.sh's, which needs go, gpg and python3 too.
#
# A file's name tells its format, cipher and KDF; internal/testkeys/golden.go reads the names.
# The passphrase of every encrypted file is in keys/passphrase, or in a folder's own passphrase file.
# Kept as they are: keys/mldsa44-*, made by ssh-keygen 10.5; no tool of Debian 12 makes or reads them.
# Missing: PPK 1, which no tool writes any more; Dropbear's DSA beyond 1024 bits.
# Afterwards: go test ./internal/testkeys -run TestWrite -update, which makes testdata/bad and testdata/horrors.
# These keys are public. Never use them.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pass='pâss 鍵'
comment='taro@lab 太郎'
new=$work/keys
mkdir "$new"
printf '%s\n' "$pass" >"$new/passphrase"
: >"$work/empty"

# quiet runs a chatty tool; what it said is shown only when it fails.
quiet() { "$@" >"$work/log" 2>&1 || { echo "failed: $*" >&2; cat "$work/log" >&2; return 1; }; }
putty() { quiet puttygen "$@" --random-device=/dev/urandom; }
ssl() { quiet openssl "$@"; }

# ppk_blob FILE: the private blob of an unencrypted PPK.
ppk_blob() { sed -n '/^Private-Lines/,/^Private-MAC/{/^Private-/!p}' "$1" | base64 -d; }

# --- the keys -----------------------------------------------------------------

# made_by_ssh_keygen DIR TYPE BITS
made_by_ssh_keygen() {
	mkdir -p "$new/$1"
	rm -f "$new/$1/openssh" "$new/$1/openssh.pub"
	quiet ssh-keygen -t "$2" -b "$3" -N '' -C "$comment" -f "$new/$1/openssh"
}

# made_by_puttygen DIR TYPE BITS
made_by_puttygen() {
	mkdir -p "$new/$1"
	putty -t "$2" -b "$3" -q -C "$comment" --new-passphrase "$work/empty" -o "$new/$1/ppk3"
}

# from_ppk DIR: the OpenSSH pair of a key that puttygen made, written by ssh-keygen.
from_ppk() {
	putty "$new/$1/ppk3" -O private-openssh-new -o "$new/$1/openssh"
	quiet ssh-keygen -p -P '' -N '' -f "$new/$1/openssh"
	ssh-keygen -y -f "$new/$1/openssh" >"$new/$1/openssh.pub"
}

# --- private formats ----------------------------------------------------------

# openssh DIR ROUNDS CIPHER...
openssh() {
	local dir=$new/$1 rounds=$2 cipher name
	shift 2
	for cipher in "$@"; do
		name=$dir/openssh.${cipher%@openssh.com}
		cp "$dir/openssh" "$name"
		quiet ssh-keygen -p -a "$rounds" -Z "$cipher" -P '' -N "$pass" -f "$name"
	done
	openssh_puttygen "$dir"
}

openssh_puttygen() {
	putty "$1/ppk3" -O private-openssh-new -o "$1/openssh.puttygen"
	putty "$1/ppk3" -O private-openssh-new -o "$1/openssh.puttygen-aes256-ctr" --new-passphrase "$new/passphrase"
}

# ppk DIR ARGON2...: PPK 3 and 2, plain and encrypted, and each Argon2 flavour.
ppk() {
	local dir=$new/$1 flavour
	shift
	[ -e "$dir/ppk3" ] || putty "$dir/openssh" -O private -o "$dir/ppk3" --new-passphrase "$work/empty"
	putty "$dir/ppk3" --reencrypt -O private -o "$dir/ppk2" --ppk-param version=2 --new-passphrase "$work/empty"
	putty "$dir/ppk3" --reencrypt -O private -o "$dir/ppk2.enc" --ppk-param version=2 --new-passphrase "$new/passphrase"
	for flavour in "$@"; do
		putty "$dir/ppk3" --reencrypt -O private -o "$dir/ppk3.$flavour" --new-passphrase "$new/passphrase" \
			--ppk-param "kdf=$flavour,memory=64,passes=2"
	done
}

# ppk_costly DIR: PuTTY's default memory, and more than one lane.
ppk_costly() {
	local dir=$new/$1
	putty "$dir/ppk3" --reencrypt -O private -o "$dir/ppk3.argon2id-8mib" --new-passphrase "$new/passphrase" \
		--ppk-param kdf=argon2id,memory=8192,passes=3
	putty "$dir/ppk3" --reencrypt -O private -o "$dir/ppk3.argon2id-lanes" --new-passphrase "$new/passphrase" \
		--ppk-param kdf=argon2id,memory=128,passes=2,parallelism=3
}

# pem DIR NAME CIPHER...: the traditional PEM (NAME: pkcs1, sec1 or dsa) and its DEK-Info ciphers.
pem() {
	local dir=$new/$1 name=$2 cipher
	shift 2
	cp "$dir/openssh" "$dir/$name.pem"
	quiet ssh-keygen -p -m PEM -P '' -N '' -f "$dir/$name.pem"
	traditional_der "$name" "$dir/$name.pem" "$dir/$name.der"
	for cipher in "$@"; do
		ssl pkey -traditional -in "$dir/$name.pem" "-$cipher" -passout "file:$new/passphrase" \
			-out "$dir/$name.$cipher.pem" -provider legacy -provider default
	done
	putty "$dir/openssh" -O private-openssh -o "$dir/$name.puttygen-des3.pem" --new-passphrase "$new/passphrase"
}

# traditional_der NAME IN OUT: `openssl pkey` would write PKCS#8.
traditional_der() {
	case $1 in
	pkcs1) ssl rsa -traditional -in "$2" -outform DER -out "$3" ;;
	sec1) ssl ec -in "$2" -outform DER -out "$3" ;;
	dsa) ssl dsa -in "$2" -outform DER -out "$3" ;;
	esac
}

# sec1_params DIR: an EC PARAMETERS block before the key, as `openssl ecparam -genkey` writes it.
sec1_params() {
	local curve
	curve=$(openssl pkey -in "$new/$1/sec1.pem" -noout -text | sed -n 's/^ASN1 OID: //p')
	{ openssl ecparam -name "$curve"; cat "$new/$1/sec1.pem"; } >"$new/$1/sec1-params.pem"
}

# seed_to_pkcs8 DIR: Ed25519 and Ed448, which no tool here carries from PPK to PKCS#8.
# The seed is the end of the PPK private blob; RFC 8410 section 7 gives the frame.
seed_to_pkcs8() {
	local frame='\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20' size=32
	case $1 in ed448*) frame='\x30\x47\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x71\x04\x3b\x04\x39' size=57 ;; esac
	{ printf "$frame"; ppk_blob "$new/$1/ppk3" | tail -c "$size"; } |
		openssl pkey -inform DER -out "$new/$1/pkcs8.pem"
}

# pkcs8 DIR: from the traditional PEM unless pkcs8.pem is there already.
pkcs8() {
	local dir=$new/$1 from
	if [ ! -e "$dir/pkcs8.pem" ]; then
		from=$(ls "$dir"/{pkcs1,sec1,dsa}.pem 2>/dev/null || true)
		ssl pkcs8 -topk8 -nocrypt -in "$from" -out "$dir/pkcs8.pem"
	fi
	ssl pkcs8 -topk8 -nocrypt -in "$dir/pkcs8.pem" -outform DER -out "$dir/pkcs8.der"
	pkcs8_encrypted "$1" pbes2-aes256-sha256.pem -v2 aes256 -v2prf hmacWithSHA256
}

# pkcs8_encrypted DIR ENDING OPENSSL-OPTION...
pkcs8_encrypted() {
	local dir=$new/$1 ending=$2
	shift 2
	ssl pkcs8 -topk8 -in "$dir/pkcs8.pem" -passout "file:$new/passphrase" -out "$dir/pkcs8.$ending" "$@" \
		-provider legacy -provider default
}

# pkcs8_all DIR: every scheme openssl writes and this project reads.
pkcs8_all() {
	local hash cipher
	for hash in 1 224 384 512; do
		pkcs8_encrypted "$1" "pbes2-aes256-sha$hash.pem" -v2 aes256 -v2prf "hmacWithSHA$hash"
	done
	for cipher in aes128 aes192 des3; do
		pkcs8_encrypted "$1" "pbes2-$cipher-sha256.pem" -v2 "$cipher" -v2prf hmacWithSHA256
	done
	pkcs8_encrypted "$1" pbes2-aes256-sha256.der -v2 aes256 -v2prf hmacWithSHA256 -outform DER
	pkcs8_encrypted "$1" scrypt.pem -scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 2
	pkcs8_encrypted "$1" pbe-sha1-3des.pem -v1 PBE-SHA1-3DES
	pkcs8_encrypted "$1" pbe-md5-des.pem -v1 PBE-MD5-DES
}

# pkcs8_ssh_keygen DIR: what `ssh-keygen -m PKCS8` with a passphrase leaves behind.
pkcs8_ssh_keygen() {
	cp "$new/$1/openssh" "$new/$1/pkcs8.ssh-keygen.pem"
	quiet ssh-keygen -p -m PKCS8 -P '' -N "$pass" -f "$new/$1/pkcs8.ssh-keygen.pem"
}

sshcom() {
	putty "$new/$1/ppk3" -O private-sshcom -o "$new/$1/sshcom" --new-passphrase "$work/empty"
	putty "$new/$1/ppk3" -O private-sshcom -o "$new/$1/sshcom.3des" --new-passphrase "$new/passphrase"
}

# dropbear DIR: of DSA it reads the traditional PEM only.
dropbear() {
	local from=$new/$1/openssh
	[ ! -e "$new/$1/dsa.pem" ] || from=$new/$1/dsa.pem
	quiet dropbearconvert openssh dropbear "$from" "$new/$1/dropbear"
}

# --- public formats -----------------------------------------------------------

# public DIR: what every type has.
public() {
	local dir=$new/$1
	puttygen "$dir/ppk3" -O public >"$dir/rfc4716.puttygen"
	ssl pkey -in "$dir/pkcs8.pem" -pubout -out "$dir/spki.pem"
	ssl pkey -in "$dir/pkcs8.pem" -pubout -outform DER -out "$dir/spki.der"
	ssl req -x509 -new -key "$dir/pkcs8.pem" -subj '/CN=sshkeys test' -days 3650 -out "$dir/x509.pem"
	ssl x509 -in "$dir/x509.pem" -outform DER -out "$dir/x509.der"
	cut -d' ' -f2 "$dir/openssh.pub" >"$dir/wire.base64"
	base64 -d "$dir/wire.base64" >"$dir/wire.bin"
}

# public_ssh_keygen DIR: certificate and RFC 4716, for the types ssh-keygen knows.
public_ssh_keygen() {
	local dir=$new/$1
	ssh-keygen -e -m RFC4716 -f "$dir/openssh.pub" >"$dir/rfc4716"
	cp "$dir/openssh.pub" "$work/user.pub"
	quiet ssh-keygen -s "$work/ca" -I 'taro 2026' -z 7 -n taro,hanako -V 20260101000000Z:20360101000000Z "$work/user.pub"
	mv "$work/user-cert.pub" "$dir/cert.pub"
	putty "$dir/ppk3" --certificate "$dir/cert.pub" -O private -o "$dir/ppk3.cert" --new-passphrase "$work/empty"
}

public_rsa() {
	ssl rsa -in "$new/$1/pkcs8.pem" -RSAPublicKey_out -out "$new/$1/rsapublic.pem"
	ssl rsa -in "$new/$1/pkcs8.pem" -RSAPublicKey_out -outform DER -out "$new/$1/rsapublic.der"
}

# --- facts --------------------------------------------------------------------

# facts DIR: what ssh-keygen says of the public line; for Ed448, unknown to it, puttygen.
facts() {
	local dir=$new/$1 sha md5
	if ! sha=$(ssh-keygen -l -E sha256 -f "$dir/openssh.pub" 2>/dev/null); then
		sha=$(puttygen "$dir/ppk3" -O fingerprint -E sha256 | cut -d' ' -f2-)
		md5="- MD5:$(puttygen "$dir/ppk3" -O fingerprint -E md5 | cut -d' ' -f3)"
	else
		md5=$(ssh-keygen -l -E md5 -f "$dir/openssh.pub")
	fi
	{
		echo "algorithm $(cut -d' ' -f1 "$dir/openssh.pub")"
		echo "bits $(cut -d' ' -f1 <<<"$sha")"
		echo "sha256 $(cut -d' ' -f2 <<<"$sha")"
		echo "md5 $(cut -d' ' -f2 <<<"$md5")"
		echo "comment $comment"
		echo "public $(cat "$dir/openssh.pub")"
		# ssh-keygen -e puts a comment of its own.
		[ ! -e "$dir/rfc4716" ] || echo "comment.rfc4716 $(sed -n 's/^Comment: "\(.*\)"$/\1/p' "$dir/rfc4716")"
		# puttygen gives a PEM key, which has no comment, one of its own: none is expected of the file.
		[ ! -e "$dir/cert.pub" ] || cert_facts "$dir/cert.pub"
	} >"$dir/facts.txt"
}

cert_facts() {
	local text
	text=$(ssh-keygen -L -f "$1")
	echo "cert.type $(sed -n 's/^ *Type: \([^ ]*\) .*/\1/p' <<<"$text")"
	echo "cert.key-id $(sed -n 's/^ *Key ID: "\(.*\)"/\1/p' <<<"$text")"
	echo "cert.serial $(sed -n 's/^ *Serial: //p' <<<"$text")"
	echo "cert.ca $(sed -n 's/^ *Signing CA: [^ ]* \([^ ]*\) .*/\1/p' <<<"$text")"
	echo "cert.principals $(sed -n '/Principals:/,/Critical/{/:/!p}' <<<"$text" | xargs | tr ' ' ,)"
}

# --- what each key gets -------------------------------------------------------

all_ciphers=(3des-cbc aes128-cbc aes192-cbc aes256-cbc aes128-ctr aes192-ctr aes256-ctr
	aes128-gcm@openssh.com aes256-gcm@openssh.com chacha20-poly1305@openssh.com)
some_ciphers=(aes256-ctr aes256-gcm@openssh.com chacha20-poly1305@openssh.com)
dek_ciphers=(des des3 aes128 aes192 aes256)

# rest DIR: the formats and facts that the types known to ssh-keygen share.
rest() {
	pkcs8 "$1"
	dropbear "$1"
	public "$1"
	public_ssh_keygen "$1"
	facts "$1"
}

rsa() { # DIR BITS
	[ -e "$new/$1/openssh" ] || made_by_ssh_keygen "$1" rsa "$2"
	ppk "$1" argon2id
	openssh "$1" 4 "${some_ciphers[@]}"
	pem "$1" pkcs1 des3 aes128
	rest "$1"
	sshcom "$1"
	public_rsa "$1"
}

ecdsa() { # DIR BITS
	[ -e "$new/$1/openssh" ] || made_by_ssh_keygen "$1" ecdsa "$2"
	ppk "$1" argon2id
	openssh "$1" 4 "${some_ciphers[@]}"
	pem "$1" sec1 aes256
	sec1_params "$1"
	rest "$1"
}

ed25519() { # DIR CIPHER...
	local dir=$1
	shift
	[ -e "$new/$dir/openssh" ] || made_by_ssh_keygen "$dir" ed25519 256
	ppk "$dir" argon2id
	openssh "$dir" 4 "$@"
	seed_to_pkcs8 "$dir"
	rest "$dir"
}

dsa() { # DIR BITS
	made_by_puttygen "$1" dsa "$2"
	from_ppk "$1"
	ppk "$1" argon2id
	openssh "$1" 4 "${some_ciphers[@]}"
	pem "$1" dsa "${dek_ciphers[@]}"
	rest "$1"
	sshcom "$1"
}

ed448() { # DIR
	made_by_puttygen "$1" ed448 448
	openssh_puttygen "$new/$1"
	puttygen "$new/$1/ppk3" -L >"$new/$1/openssh.pub"
	ppk "$1" argon2id argon2i argon2d
	seed_to_pkcs8 "$1"
	pkcs8 "$1"
	public "$1"
	facts "$1"
}

# rsa_aligned: the PPK private blob fills its last AES block, so nothing is padded.
rsa_aligned() {
	local size=1
	until [ $((size % 16)) = 0 ]; do
		made_by_ssh_keygen rsa-aligned rsa 1120
		rm -f "$new/rsa-aligned/ppk3"
		putty "$new/rsa-aligned/openssh" -O private -o "$new/rsa-aligned/ppk3" --new-passphrase "$work/empty"
		size=$(ppk_blob "$new/rsa-aligned/ppk3" | wc -c)
	done
	rsa rsa-aligned 1120
}

# ed25519_leading_zero: the seed ends in zero. PuTTY keeps it as a little-endian
# number, so its top byte is zero and old versions wrote one byte less.
ed25519_leading_zero() {
	local last=1 dir=ed25519-leadingzero
	until [ "$last" = 00 ]; do
		rm -rf "${new:?}/$dir"
		made_by_puttygen "$dir" ed25519 255
		last=$(ppk_blob "$new/$dir/ppk3" | tail -c 1 | xxd -p)
	done
	from_ppk "$dir"
	ed25519 "$dir" aes256-ctr
}

# ecdsa_leading_zero: the scalar is one byte shorter than the curve's order, where
# an mpint is short and SEC 1 pads.
ecdsa_leading_zero() {
	local size=32 dir=ecdsa256-leadingzero
	until [ "$size" = 31 ]; do
		rm -rf "${new:?}/$dir"
		made_by_puttygen "$dir" ecdsa 256
		# The blob is one mpint; a top bit would cost a zero byte, so 31 means short.
		size=$(($(ppk_blob "$new/$dir/ppk3" | wc -c) - 4))
	done
	from_ppk "$dir"
	ecdsa "$dir" 256
}

# --- lists and files that stay unsupported --------------------------------------

lists() {
	local dir=$new/lists
	mkdir "$dir"
	{
		echo '# keys of the lab'
		echo
		cat "$new/ed25519/openssh.pub"
		echo "from=\"10.0.0.0/8,*.example.org\",command=\"echo \\\"hi, there\\\"\",no-pty $(cat "$new/rsa2048/openssh.pub")"
		echo "  restrict $(cut -d' ' -f1,2 "$new/ecdsa256/openssh.pub")"
		echo "cert-authority,principals=\"taro\" $(cat "$work/ca.pub")"
		echo "# $(cat "$new/dsa1024/openssh.pub")"
		cat "$new/ecdsa521/openssh.pub"
	} >"$dir/authorized_keys"
	{
		echo '# hosts of the lab'
		echo "gw.example.org,192.0.2.7 $(cut -d' ' -f1,2 "$new/ed25519/openssh.pub")"
		echo "[sftp.example.org]:443 $(cut -d' ' -f1,2 "$new/rsa2048/openssh.pub") kept comment"
		echo "gw.example.org $(cut -d' ' -f1,2 "$new/ecdsa256/openssh.pub")"
		echo "@cert-authority *.example.org $(cat "$work/ca.pub")"
		echo "@revoked old.example.org $(cut -d' ' -f1,2 "$new/rsa1024/openssh.pub")"
	} >"$dir/known_hosts"
	grep -v '^@' "$dir/known_hosts" >"$dir/known_hosts.hashed"
	quiet ssh-keygen -H -f "$dir/known_hosts.hashed"
	rm "$dir/known_hosts.hashed.old"
	local list
	for list in "$dir"/*; do
		ssh-keygen -l -f "$list" | awk '{print $1, $2, $NF}' >"$list.facts"
	done
}

# unsupported: real files of types and ciphers that this project names and does not read.
unsupported() {
	local dir=$new/unsupported
	mkdir "$dir"
	ssl pkey -traditional -in "$new/rsa1024/pkcs1.pem" -camellia256 -passout "file:$new/passphrase" -out "$dir/pkcs1.camellia256.pem"
	ssl pkcs8 -topk8 -in "$new/rsa1024/pkcs1.pem" -v2 camellia256 -passout "file:$new/passphrase" -out "$dir/pkcs8.camellia256.pem"
	ssl pkcs8 -topk8 -in "$new/rsa1024/pkcs1.pem" -v1 PBE-SHA1-RC2-40 -passout "file:$new/passphrase" \
		-out "$dir/pkcs8.rc2.pem" -provider legacy -provider default
	ssl genpkey -algorithm X25519 -out "$dir/pkcs8.x25519.pem"
	ssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024 -out "$dir/pkcs8.rsa-pss.pem"
	ssl ecparam -name secp256k1 -genkey -out "$dir/sec1-params.secp256k1.pem"
	ssl ecparam -name secp256k1 -genkey -noout -out "$dir/sec1.secp256k1.pem"
	ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out "$dir/pkcs8.secp256k1.pem"
	ssl ecparam -name secp256k1 -param_enc explicit -genkey -noout -out "$dir/sec1.explicit.pem"
	ssl genrsa -traditional -primes 3 -out "$dir/pkcs1.3primes.pem" 1024
	ssl pkey -in "$dir/pkcs8.x25519.pem" -pubout -out "$dir/spki.x25519.pem"
}

# --- all ------------------------------------------------------------------------

quiet ssh-keygen -t ed25519 -N '' -C 'lab ca' -f "$work/ca"

rsa rsa1024 1024
rsa rsa2048 2048
rsa rsa3072 3072
rsa_aligned
dsa dsa1024 1024
ecdsa ecdsa256 256
ecdsa ecdsa384 384
ecdsa ecdsa521 521
ecdsa_leading_zero
ed25519 ed25519 "${all_ciphers[@]}"
ed25519_leading_zero
ed448 ed448

# One key of each kind gets everything; the cheap bcrypt file is for mutation tests.
pem rsa1024 pkcs1 "${dek_ciphers[@]}"
pem ecdsa256 sec1 "${dek_ciphers[@]}"
for key in rsa1024 ecdsa256 ed25519; do
	ppk "$key" argon2id argon2i argon2d
	ppk_costly "$key"
	pkcs8_all "$key"
	cp "$new/$key/openssh" "$new/$key/openssh.aes256-ctr-1round"
	quiet ssh-keygen -p -a 1 -Z aes256-ctr -P '' -N "$pass" -f "$new/$key/openssh.aes256-ctr-1round"
done
ssl ec -in "$new/ecdsa256/sec1.pem" -param_enc explicit -out "$new/ecdsa256/sec1.explicit.pem"
pkcs8_ssh_keygen rsa1024
pkcs8_ssh_keygen ecdsa256
lists
unsupported
"$here/generate-dataset.sh" "$new"

for kept in "$here"/keys/mldsa44-*; do
	[ ! -e "$kept" ] || cp -R "$kept" "$new/"
done
chmod -R u=rwX,go=rX "$new"
rm -rf "$here/keys"
mv "$new" "$here/keys"
