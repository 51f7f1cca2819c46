import { join } from "node:path";

/** systemd's manager, as Debian and Fedora install it. */
export const MANAGER = "/lib/systemd/systemd";

/** Folders that are the machine's own, on top of this one's; /tmp last, because `directory` may be in it. */
const OWN_FOLDERS = ["/etc", "/opt", "/srv", "/usr/local", "/var/lib", "/var/log", "/var/spool", "/tmp"];

/** Where a machine's first files are. */
export interface MachineDirectory {
  /** Has `files`, `units` and an empty `own`. */
  readonly directory: string;
  /** Of the machine. */
  readonly hostname: string;
}

/**
 * The shell script that turns a process in new namespaces into a machine and ends as its systemd.
 *
 * The machine has this one's file systems, with folders of its own on top of what it may change.
 */
export function machineSetUp({ directory, hostname }: MachineDirectory): string {
  const own = join(directory, "own");
  const layers = OWN_FOLDERS.map((path, at) => ({ path, layer: join(own, String(at)) }));
  return [
    "set -e",
    "mount --make-rprivate /",
    "mount -t proc proc /proc",
    `hostname ${hostname}`,
    `mount -t tmpfs tmpfs ${own}`,
    ...layers.map(({ layer }) => `mkdir -p ${layer}/upper ${layer}/work`),
    `mount --bind ${directory}/units /lib/systemd/system`,
    ...layers.map(
      ({ path, layer }) =>
        `mount -t overlay overlay -o lowerdir=${path},upperdir=${layer}/upper,workdir=${layer}/work ${path}`,
    ),
    // Services of this machine, some of which systemd would start by its generator for /etc/init.d.
    "rm -rf /etc/systemd/system /etc/systemd/system.conf.d /etc/init.d /etc/rc?.d",
    "mkdir -p /etc/systemd/system",
    `cp -r --remove-destination ${directory}/files/. /`,
    "mount -t tmpfs tmpfs /run",
    "umount -R /sys",
    "mount -t sysfs sysfs /sys", // with the devices of this network namespace
    "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
    "mount -t bpf bpf /sys/fs/bpf",
    // The manager sets limits of the whole kernel; those are this machine's.
    ...["/proc/sys/fs", "/proc/sys/kernel"].map(
      (path) => `mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`,
    ),
    "ip link set lo up",
    "export container=gwlb",
    `exec ${MANAGER} --system --unit=multi-user.target --log-target=console --show-status=0`,
  ].join("\n");
}
