#!/usr/bin/env bash
# Times sshkeys and ssh-keygen side by side on the same work, in turns, and compares what they
# print. Inputs are made once, in bench/out, from a fixed seed (the keys are ssh-keygen's).
# Use it on an idle machine and quote the ratios only.
#
#   bench/run.sh [list|start|rsa|bcrypt|generate|big]...   default: all but big (300 MB of keys, against openssl too)
#   RUNS=11 SSH_KEYGEN=ssh-keygen                          counted runs of each command, and the peer
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/bench/out
runs=${RUNS:-11}
peer=${SSH_KEYGEN:-ssh-keygen}
mkdir -p "$out"
cd "$root"

CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out/" ./cmd/sshkeys ./bench/gen ./bench/alternate
ours=$out/sshkeys

# list KIND LINES: a generated list, made once.
list() {
	local file=$out/$1-$2.list
	[ -e "$file" ] || { "$out/gen" -kind "$1" -lines "$2" >"$file.new" && mv "$file.new" "$file"; }
	echo "$file"
}

# key NAME SSH-KEYGEN-OPTION...: a key, made once.
key() {
	local file=$out/$1
	shift
	[ -e "$file" ] || "$peer" -q -C bench@example.org -f "$file" "$@"
	echo "$file"
}

# versus NAME RUNS COMMAND... -- PEER...: compares the output, then the time.
versus() {
	local name=$1 count=$2 mine=() i
	shift 2
	for ((i = 1; i <= $#; i++)); do
		[ "${!i}" != -- ] || break
		mine+=("${!i}")
	done
	"${mine[@]}" >"$out/ours.txt"
	"${@:i+1}" >"$out/peer.txt"
	cmp "$out/ours.txt" "$out/peer.txt" || { echo "$name: the outputs differ" >&2; exit 1; }
	"$out/alternate" -n "$count" -name "$name" "$@"
}

bench_list() {
	local kind file
	for kind in mix ed25519 rsa hosts; do
		file=$(list "$kind" 100000)
		versus "list of 100k keys, $kind" "$runs" "$ours" fingerprint "$file" -- "$peer" -lf "$file"
	done
}

bench_start() {
	local file
	file=$(key one -t ed25519 -N '').pub
	versus "start-up, fingerprint" $((runs * 5)) "$ours" fingerprint "$file" -- "$peer" -lf "$file"
}

bench_rsa() {
	local file
	file=$(key rsa8192 -t rsa -b 8192 -N '')
	versus "public of RSA-8192" $((runs * 3)) "$ours" public "$file" -- "$peer" -y -f "$file"
}

bench_bcrypt() {
	local file
	file=$(key bcrypt64 -t ed25519 -a 64 -N secret)
	echo secret >"$out/passphrase"
	versus "open bcrypt, 64 rounds" "$runs" "$ours" public --passphrase-file "$out/passphrase" "$file" -- "$peer" -y -P secret -f "$file"
}

# The search for primes is a lottery: many runs, and of the ratios the one of the medians counts.
bench_generate() {
	local fresh='rm -f "$0" "$0.pub"; exec "$@" "$0"'
	"$out/alternate" -n $((runs * 5)) -name "RSA-3072 generation" \
		sh -c "$fresh" "$out/made" "$ours" generate -q -t rsa -b 3072 --no-passphrase -o -- \
		sh -c "$fresh" "$out/made" "$peer" -q -t rsa -b 3072 -N '' -f
}

bench_big() {
	local file
	file=$(list mix 1000000)
	versus "list of 1M keys, mix" 3 "$ours" fingerprint "$file" -- "$peer" -lf "$file"
	"$out/alternate" -n "$runs" -name "the same against openssl" "$ours" fingerprint "$file" -- openssl dgst -sha256 "$file"
}

[ $# -gt 0 ] || set -- list start rsa bcrypt generate
for what; do
	"bench_$what"
done
