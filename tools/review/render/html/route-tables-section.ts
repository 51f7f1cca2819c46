import { localRoutes } from "../../../topology/look-up-route";
import { describeTarget } from "../../../topology/steps/router";
import { byId, RouteTable, Topology, TransitGatewayRouteTable } from "../../../topology/topology";
import { labelOf } from "../../drawing/graph";
import { EMPTY, Html, markup } from "./template";

/** Every route table with what uses it. Rows carry the table and the destination, so that a walk can point at its route. */
export function routeTablesSection(topology: Topology): Html {
  const used = topology.routeTables.filter((table) => table.routes.length > 0 || usersOf(topology, table).length > 0);
  if (used.length === 0 && topology.transitGatewayRouteTables.length === 0) return EMPTY;
  return markup`<section aria-labelledby="tables-heading">
    <h2 id="tables-heading">Route tables</h2>
    <div class="tables">
      ${used.map((table) => tableCard(topology, table))}${topology.transitGatewayRouteTables.map((table) => transitCard(topology, table))}
    </div>
  </section>`;
}

function tableCard(topology: Topology, table: RouteTable): Html {
  const users = usersOf(topology, table);
  const local = localRoutes(topology, table)
    .filter(({ destination }) => !table.routes.some((route) => route.destination === destination))
    .map(({ destination }) => row(table.id, destination, "local", "implicit"));
  const own = table.routes.map((route) =>
    row(
      table.id,
      route.destination ?? "not known",
      describeTarget(topology, route.target),
      route.address ?? route.origin,
    ),
  );
  return markup`<article class="route-table">
    <h3>${labelOf(table)}</h3>
    <p class="source">
      <code>${table.address}</code><br />${users.length === 0 ? "used by nothing" : `used by ${users.join(", ")}`}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Destination</th>
            <th scope="col">Target</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          ${own}${local}
        </tbody>
      </table>
    </div>
  </article>`;
}

function row(table: string, destination: string, target: string, from: string): Html {
  return markup`<tr data-table="${table}" data-destination="${destination}">
    <td><code>${destination}</code></td>
    <td>${target}</td>
    <td class="source">${from}</td>
  </tr>`;
}

function transitCard(topology: Topology, table: TransitGatewayRouteTable): Html {
  const name = (id: string | undefined) => byId(topology.transitGatewayAttachments, id)?.address ?? id ?? "blackhole";
  const fixed = table.routes.map((route) =>
    row(
      table.id,
      route.destination ?? "not known",
      route.blackhole ? "blackhole" : name(route.attachmentId),
      route.address,
    ),
  );
  const propagated = table.propagatingAttachmentIds.flatMap((id) => {
    const vpc = byId(topology.vpcs, byId(topology.transitGatewayAttachments, id)?.vpcId);
    return (vpc?.ipv4Cidrs ?? []).map((cidr) => row(table.id, cidr, name(id), "propagated"));
  });
  const users = table.associatedAttachmentIds.map((id) => name(id));
  return markup`<article class="route-table">
    <h3>${labelOf(table)}</h3>
    <p class="source">
      transit gateway route table <code>${table.address}</code><br />${users.length === 0 ? "used by nothing" : `used by ${users.join(", ")}`}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Destination</th>
            <th scope="col">Attachment</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          ${fixed}${propagated}
        </tbody>
      </table>
    </div>
  </article>`;
}

function usersOf(topology: Topology, table: RouteTable): readonly string[] {
  const associations = topology.associations.filter((one) => one.routeTableId === table.id);
  const named = associations.flatMap(
    (one) => byId(topology.subnets, one.subnetId)?.address ?? byId(topology.gateways, one.gatewayId)?.address ?? [],
  );
  const explicit = new Set(topology.associations.map((one) => one.subnetId));
  const isMain = topology.vpcs.some((vpc) => vpc.mainRouteTableId === table.id);
  const implicit = isMain
    ? topology.subnets
        .filter((subnet) => subnet.vpcId === table.vpcId && !explicit.has(subnet.id))
        .map((subnet) => `${subnet.address} (main)`)
    : [];
  return [...named, ...implicit];
}
