#!/bin/sh
# Called as AWS's tunnel handler calls its hooks: CREATE|DESTROY <in> <out> <endpoint id in hex>.
# With a hook, routing is the hook's: what comes from an endpoint goes back to it, less what is for port 23.
set -eu
operation=$1 in=$2 out=$3 endpoint=$4

# One routing table for each endpoint, from the last digits of its id.
table=$((0x$(printf %s "$endpoint" | tail -c 4) + 1000))

for family in -4 -6; do
  # A rule outlives its device; take away what an earlier call left.
  ip "$family" rule del pref 100 iif "$in" 2>/dev/null || true
  if [ "$operation" = CREATE ]; then
    ip "$family" route replace default dev "$out" table "$table"
    # Until its device is back, nothing may leave by another way.
    ip "$family" route replace blackhole default metric 4294967295 table "$table"
    ip "$family" rule add pref 100 iif "$in" lookup "$table"
  fi
done

for iptables in iptables ip6tables; do
  "$iptables" -D FORWARD -i "$in" -p tcp --dport 23 -j DROP 2>/dev/null || true
  if [ "$operation" = CREATE ]; then "$iptables" -I FORWARD -i "$in" -p tcp --dport 23 -j DROP; fi
done
