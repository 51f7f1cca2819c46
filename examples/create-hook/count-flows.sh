#!/bin/sh
# Called as AWS's tunnel handler calls its hooks: CREATE|DESTROY <in> <out> <endpoint id in hex>.
# Counts the packets that leave each endpoint's device, and says so in the journal.
set -eu
operation=$1 in=$2 out=$3 endpoint=$4

case $operation in
CREATE)
  tc qdisc replace dev "$in" clsact
  tc filter replace dev "$in" ingress protocol all pref 10 handle 1 matchall action continue
  ;;
DESTROY)
  tc qdisc del dev "$in" clsact 2>/dev/null || true
  ;;
esac
logger --tag count-flows "$operation endpoint $endpoint: $in to $out"
