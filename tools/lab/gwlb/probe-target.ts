import { get } from "node:http";
import { connect } from "node:net";
import { HealthCheck, matchesStatus } from "./target-health";

/** Checks one target once, from the load balancer's own address. */
export function probeTarget(check: HealthCheck, target: string, from: string): Promise<boolean> {
  return check.protocol === "TCP" ? connects(check, target, from) : answers(check, target, from);
}

function connects(check: HealthCheck, host: string, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: check.port, localAddress });
    const end = (passed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(passed);
    };
    const timer = setTimeout(end, check.timeoutSeconds * 1000, false);
    socket.once("connect", () => {
      end(true);
    });
    socket.once("error", () => {
      end(false);
    });
  });
}

function answers(check: HealthCheck, host: string, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port: check.port, path: check.path, localAddress, agent: false });
    const end = (passed: boolean): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(passed);
    };
    const timer = setTimeout(end, check.timeoutSeconds * 1000, false);
    request.once("response", (response) => {
      end(matchesStatus(check.matcher, response.statusCode ?? 0));
    });
    request.on("error", () => {
      end(false);
    });
  });
}
