import { SQUID_PROXY_PORT } from "./bridge-configuration";
import type { SquidList } from "./squid-lists";

/** Directory of the list files on a bastion; the bridge's user writes it, Squid's user reads it. */
export const SQUID_LIST_DIRECTORY = "/var/lib/gwlb-agent/squid";

/** Input of {@link squidConf}. */
export interface SquidConfInput {
  /** CIDRs of the VPC in which Squid runs, and others that a client may never reach through it. */
  readonly deniedDestinations: readonly string[];
  /**
   * Port on loopback for the bridge, as `squid.port` of the bridge's configuration.
   *
   * @default 3131
   */
  readonly proxyPort?: number;
  /**
   * Directory of the list files (`SQUID_LISTS`), which must exist when Squid starts.
   *
   * @default "/var/lib/gwlb-agent/squid"
   */
  readonly listDirectory?: string;
  /**
   * Name in `Via` and on error pages; nothing that it names need exist.
   *
   * @default "gwlb-bastion"
   */
  readonly visibleHostname?: string;
  /**
   * Directory of Squid's `access.log` and `cache.log`.
   *
   * @default "/var/log/squid"
   */
  readonly logDirectory?: string;
  /**
   * File with Squid's process id.
   *
   * @default - the distribution's, which its service unit expects
   */
  readonly pidFile?: string;
  /**
   * IPv4 or IPv6 addresses of resolvers.
   *
   * @default - those of /etc/resolv.conf
   */
  readonly dnsNameservers?: readonly string[];
  /**
   * File that is asked before DNS.
   *
   * @default "/etc/hosts"
   */
  readonly hostsFile?: string;
}

/**
 * Addresses that no client may reach through the bastion, whatever its VPC: this host, link-local addresses with the
 * instance metadata service, the unspecified and the multicast ones. Squid compares them with what a name resolves to.
 * An IPv4-mapped address (`::ffff:10.2.0.5`) is to Squid the IPv4 address in it. Behind NAT64 (RFC 6052, RFC 8215) every IPv4
 * address has one of IPv6 more, which no list of IPv4 networks names; a bastion needs none of them, for it has IPv4.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
const NEVER_REACHED = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "::/128",
  "::1/128",
  "fe80::/10",
  "fd00:ec2::/32",
  "ff00::/8",
];

/**
 * A complete squid.conf for a bastion: no port but the bridge's on loopback, nothing stored, the real client in the log.
 *
 * Clients and domains stand in list files, which the bridge rewrites while Squid runs. For Squid 5 and 6.
 *
 * @returns text of the file
 */
export function squidConf(input: SquidConfInput): string {
  const lists = input.listDirectory ?? SQUID_LIST_DIRECTORY;
  const logs = input.logDirectory ?? "/var/log/squid";
  const list = (name: SquidList) => `"${lists}/${name}"`;
  return `# Written when the bastion is made; clients and domains are in ${lists}.
http_port 127.0.0.1:${input.proxyPort ?? SQUID_PROXY_PORT} require-proxy-header
acl bridge src 127.0.0.1/32
proxy_protocol_access allow bridge
proxy_protocol_access deny all

acl clients src ${list("clients")}
acl unrestricted_clients src ${list("unrestricted-clients")}
acl denied_domains dstdomain -n ${list("denied-domains")}
acl allowed_domains dstdomain -n ${list("allowed-domains")}
acl never_reached dst ${[...NEVER_REACHED, ...input.deniedDestinations].join(" ")}
acl http_ports port 80
acl https_ports port 443
acl CONNECT method CONNECT

http_access deny !clients
http_access deny CONNECT !https_ports
http_access deny !CONNECT !http_ports
http_access deny manager
http_access deny denied_domains
http_access deny !unrestricted_clients !allowed_domains
http_access deny never_reached
http_access allow clients
http_access deny all
http_upgrade_request_protocols websocket allow all

# The client does not know that there is a proxy: its own X-Forwarded-For passes, its address is not told to origins.
forwarded_for transparent
# RFC 9110 7.6.3, and how Squid notices that it asks itself.
via on
httpd_suppress_version_string on
reply_header_access X-Cache deny all
reply_header_access X-Cache-Lookup deny all
visible_hostname ${input.visibleHostname ?? "gwlb-bastion"}

# No cache: what a client gets is what the origin sent.
cache deny all
cache_mem 8 MB
memory_pools off
netdb_filename none
pinger_enable off

# The bridge waits 30 s (timeouts.connectSeconds).
connect_timeout 10 seconds
forward_timeout 25 seconds
shutdown_lifetime 10 seconds
${input.dnsNameservers ? `dns_nameservers ${input.dnsNameservers.join(" ")}\n` : ""}${
    input.hostsFile ? `hosts_file ${input.hostsFile}\n` : ""
  }
# Time, milliseconds, client -> address and port where it arrived on the bastion, result, bytes, method, URL, upstream.
logformat gwlb %ts.%03tu %6tr %>a -> %>la:%>lp %Ss/%03>Hs %<st %rm %ru %Sh/%<a
acl has_request has request
access_log stdio:${logs}/access.log gwlb has_request
cache_log ${logs}/cache.log
cache_store_log none
coredump_dir none
${input.pidFile ? `pid_filename ${input.pidFile}\n` : ""}`;
}
