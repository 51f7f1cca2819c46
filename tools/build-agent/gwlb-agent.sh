#!/bin/sh
# Runs the agent with the distribution's Node.js. Amazon Linux 2023 names the program after its version; `node` is
# whatever `alternatives` points to: https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
set -eu
root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
for node in node-24 node-22 node-20 node; do
  if command -v "$node" >/dev/null; then exec "$node" "$root/gwlb-agent.cjs" "$@"; fi
done
echo "gwlb-agent: needs Node.js 20 or later, found none; install nodejs24" >&2
exit 127
