/**
 * Kernel parameters without which routed mode loses packets; the agent sets them and keeps them.
 *
 * - forwarding: packets go from gwi-X to gwo-X.
 * - rp_filter 0: a client's address is reachable by gwo-X, never by gwi-X, where its packets arrive. The kernel takes the
 *   larger of `all` and the device's own, and a device made later takes `default`.
 * - send_redirects 0: the appliance's neighbours are not the senders of what it routes.
 * - ip_early_demux 0: a router has no local socket to find for what it forwards, and looking costs every packet something.
 * - fwmark_reflect 1: a TCP reset that `REJECT` makes carries the mark of the packet it answers, and so finds gwo-X.
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html
 */
export const ROUTED_SYSCTLS: Readonly<Record<string, string>> = {
  "net.ipv4.ip_forward": "1",
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  "net.ipv4.ip_early_demux": "0",
  "net.ipv4.fwmark_reflect": "1",
  "net.ipv6.conf.all.forwarding": "1",
  "net.ipv6.fwmark_reflect": "1",
};
