import { text } from "../resource";
import { partOf, Resources } from "./resources";

/** Elastic IP addresses, by allocation and by what they belong to. */
export class ElasticIps {
  private readonly allocations = new Map<string, string>();
  private readonly owners = new Map<string, string>();

  constructor(resources: Resources) {
    for (const resource of resources.ofType("aws_eip")) {
      const { id } = partOf(resource);
      const publicIp = text(resource.values, "public_ip") ?? "assigned by AWS";
      this.allocations.set(id, publicIp);
      const associations = resources
        .ofType("aws_eip_association")
        .filter((one) => text(one.values, "allocation_id") === id);
      for (const { values } of [resource, ...associations]) {
        for (const name of ["instance", "instance_id", "network_interface", "network_interface_id"]) {
          const owner = text(values, name);
          if (owner !== undefined) this.owners.set(owner, publicIp);
        }
      }
    }
  }

  /** The address of this allocation. */
  byAllocation(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.allocations.get(id);
  }

  /** The address that belongs to this instance or network interface. */
  byOwner(id: string): string | undefined {
    return this.owners.get(id);
  }
}
