#!/usr/bin/env bash
# Times `sshkeys known-hosts remove` and `ssh-keygen -R` in turns on the same known_hosts file, half
# of it hashed, made once in bench/out from a fixed seed (salts are ssh-keygen's), and compares what
# is left. For several hosts ssh-keygen runs once for each. Both sides copy the file first. Use it on
# an idle machine and quote the ratios only.
#
#   bench/known_hosts.sh
#   RUNS=11 LINES=10000 SSH_KEYGEN=ssh-keygen    counted runs of each command, entries, and the peer
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/bench/out
runs=${RUNS:-11}
lines=${LINES:-10000}
peer=${SSH_KEYGEN:-ssh-keygen}
hosts=(gw.ddbj.nig.ac.jp gw2.ddbj.nig.ac.jp)
mkdir -p "$out"
cd "$root"

CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out/" ./cmd/sshkeys ./bench/gen ./bench/alternate
ours=$out/sshkeys

# The list has a key for each host under its own name; every hundredth line becomes one of ours.
file=$out/known_hosts-$lines
if [ ! -e "$file" ]; then
	"$out/gen" -kind hosts -lines "$lines" |
		awk -v a="${hosts[0]}" -v b="${hosts[1]}" 'NR % 100 == 1 { $1 = a } NR % 100 == 2 { $1 = b } 1' >"$file.all"
	head -n $((lines / 2)) "$file.all" >"$file.hashed"
	"$peer" -q -H -f "$file.hashed" >/dev/null 2>&1
	tail -n +$((lines / 2 + 1)) "$file.all" | cat "$file.hashed" - >"$file.new"
	rm -f "$file.all" "$file.hashed" "$file.hashed.old"
	mv "$file.new" "$file"
fi

# Each in a folder of its own, from which the last run's backup is gone.
mkdir -p "$out/known.ours" "$out/known.peer"
mine='rm -rf "$0"/*; cp "$1" "$0/f"; shift; exec '"$ours"' known-hosts remove -q -f "$0/f" "$@"'
theirs='rm -rf "$0"/*; cp "$1" "$0/f"; shift; for h; do '"$peer"' -q -R "$h" -f "$0/f" || exit; done 2>/dev/null'

for count in 1 2; do
	some=("${hosts[@]:0:count}")
	sh -c "$mine" "$out/known.ours" "$file" "${some[@]}" >/dev/null
	sh -c "$theirs" "$out/known.peer" "$file" "${some[@]}" >/dev/null
	cmp "$out/known.ours/f" "$out/known.peer/f" || { echo "what is left differs" >&2; exit 1; }
	"$out/alternate" -n "$runs" -name "remove $count of $lines entries' hosts" \
		sh -c "$mine" "$out/known.ours" "$file" "${some[@]}" -- sh -c "$theirs" "$out/known.peer" "$file" "${some[@]}"
done
