import { byId } from "../../topology/topology";
import { Check } from "../check";

/** An instance that forwards must be allowed to. */
export const sourceDestCheck: Check = {
  id: "source-dest-check",
  severity: "error",
  title: "A route leads to an instance that may not forward",
  why: "EC2 drops packets that are neither from nor for an interface's own address while its source/destination check is on.",
  fix: "Set source_dest_check = false on the instance or network interface that the route names.",
  source: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html#eni-basics",
  find: ({ topology }) =>
    topology.routeTables
      .flatMap((table) => table.routes)
      .flatMap((route) => {
        if (route.target.kind !== "network interface" && route.target.kind !== "instance") return [];
        const { id } = route.target;
        const target =
          byId(topology.networkInterfaces, id) ??
          topology.networkInterfaces.find((one) => one.ownerId === id && one.deviceIndex === 0);
        if (!target?.sourceDestCheck) return [];
        return [
          {
            address: target.address,
            what: `${route.address ?? "a route"} sends ${route.destination ?? ""} to ${target.address}, whose source/destination check is on`,
          },
        ];
      }),
};
