#!/usr/bin/env bash
# Times `sshkeys fixperms --check` and `find -perm /077` in turns on the same trees of files, made
# once in bench/out from a fixed seed. Use it on an idle machine and quote the ratios only.
#
#   bench/tree.sh [keys|data|bare]...     default: all three
#     keys   like private keys, mode 0600: nothing is opened
#     data   mode 0644 with the usual endings, and a few keys
#     bare   mode 0644 without endings: the worst case, every file is opened
#   RUNS=11 FILES=100000                  counted runs of each command, and files of a tree
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/bench/out
runs=${RUNS:-11}
files=${FILES:-100000}
mkdir -p "$out"
cd "$root"

CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out/" ./cmd/sshkeys ./bench/gen ./bench/alternate

[ $# -gt 0 ] || set -- keys data bare
for kind; do
	tree=$out/tree-$kind-$files
	[ -e "$tree" ] || { rm -rf "$tree.new" && "$out/gen" -tree "$tree.new" -kind "$kind" -lines "$files" && mv "$tree.new" "$tree"; }
	"$out/alternate" -n "$runs" -name "$files files, $kind" "$out/sshkeys" fixperms --quiet --check "$tree" -- find "$tree" -perm /077
done
