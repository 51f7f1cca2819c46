/**
 * Boot script of a workload: a web server on port 80 that names its machine.
 *
 * Everything that it uses is in Amazon Linux 2023's own image.
 */
export const WEB_SERVER_BOOT_SCRIPT = `#!/bin/bash
set -euo pipefail
umask 022
mkdir --parents /srv/www
printf 'hello from %s\\n' "$(hostname)" >/srv/www/index.html
cat >/etc/systemd/system/hello.service <<'UNIT'
[Unit]
Description=A page to ask for through the appliance
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/bin/python3 -m http.server --directory /srv/www 80
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
Restart=always

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now hello.service
`;
