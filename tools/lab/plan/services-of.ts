import { METADATA_ADDRESS, interfaceHost } from "../fabric/network-interface";
import { INTERNET } from "../fabric/internet";
import { Wiring } from "../fabric/wiring";
import { ServicesConfiguration } from "../services/services-configuration";

/** Host of the web servers and of S3. */
export const INTERNET_HOST = "internet";

/** Where a lab keeps what its servers need. */
export interface ServiceFiles {
  readonly certificate: string;
  readonly key: string;
  /** Folder of S3's objects. */
  readonly storage: string;
  /** File of a host's network namespace. */
  readonly namespaceFile: (host: string) => string;
}

/** The servers that a plan's machines and the internet have. */
export function servicesOf({ topology, instances }: Wiring, files: ServiceFiles): ServicesConfiguration {
  const namespace = files.namespaceFile(INTERNET_HOST);
  const addresses = [INTERNET.web, INTERNET.blocked, INTERNET.otherWeb];
  return {
    certificate: files.certificate,
    key: files.key,
    web: addresses.map((address) => ({ namespace, address, port: 80 })),
    webTls: addresses.map((address) => ({ namespace, address, port: 443 })),
    storage: { listen: { namespace, address: INTERNET.storage, port: 443 }, folder: files.storage },
    metadata: instances.map(({ host, instance, subnet, addresses: [localIpv4 = ""] }) => ({
      listen: { namespace: files.namespaceFile(interfaceHost(host)), address: METADATA_ADDRESS, port: 80 },
      instance: {
        instanceId: instance.id,
        region: topology.region ?? subnet.zone?.slice(0, -1) ?? "",
        zone: subnet.zone ?? "",
        localIpv4,
        ...(instance.iamInstanceProfile === undefined ? {} : { role: instance.iamInstanceProfile }),
      },
    })),
  };
}
