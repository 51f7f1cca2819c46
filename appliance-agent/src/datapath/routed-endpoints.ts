import { closeSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { BpfMap } from "./bpf-map";
import { uint32 } from "./bpf-map";
import type { EndpointDevices, HandedUpPacket, ObservedEndpoint } from "./data-path";
import { endpointDevices } from "./endpoint-devices";
import { decodeEndpoint, encodeEndpoint } from "./endpoint-entry";
import { findInterface } from "./interface";
import { type TrafficControlHook, attachToTrafficControl, attachedToTrafficControl } from "./traffic-control";
import { openTun, removeTun } from "./tun";

/** The TUN pairs of routed mode. */
export class RoutedEndpoints {
  /** By device name. */
  private readonly descriptors = new Map<string, number>();
  private holds = false;

  constructor(
    private readonly endpointDevicesMap: BpfMap,
    private readonly deviceEndpointsMap: BpfMap,
    /** undefined: an earlier version's pins, whose programs keep nothing */
    private readonly generationMap: BpfMap | undefined,
    private readonly pinDirectory: string,
  ) {}

  make(endpoint: string, encapFd: number): EndpointDevices {
    const devices = endpointDevices(endpoint);
    const value = encodeEndpoint(endpoint);
    const indices = [devices.ingress, devices.egress].map((name) => {
      if (findInterface(name) === undefined) this.release(name); // somebody has deleted it: what we hold is none any more
      if (!this.descriptors.has(name)) this.descriptors.set(name, openTun(name));
      return uint32(requireDevice(name));
    });
    for (const { key, values } of [...this.deviceEndpointsMap.entries()])
      if (values[0]?.equals(value) && !indices.some((index) => index.equals(key))) this.deviceEndpointsMap.delete(key);
    for (const index of indices) this.deviceEndpointsMap.update(index, value);
    this.raiseGeneration();
    /* Not to gwi-X: scripts of gwlbtun add a qdisc `ingress` there, which a clsact in its place would refuse. */
    attachToTrafficControl(this.hookOf(devices.egress, requireDevice(devices.egress)), encapFd);
    return devices;
  }

  admit(endpoint: string, mark: number): void {
    const { ingress, egress } = endpointDevices(endpoint);
    const value = [requireDevice(ingress), requireDevice(egress), mark];
    this.endpointDevicesMap.update(encodeEndpoint(endpoint), Buffer.concat(value.map(uint32)));
    this.raiseGeneration();
  }

  isAdmitted(endpoint: string): boolean {
    return this.endpointDevicesMap.lookup(encodeEndpoint(endpoint)) !== undefined;
  }

  remove(endpoint: string): void {
    this.endpointDevicesMap.delete(encodeEndpoint(endpoint));
    this.raiseGeneration();
    const { ingress, egress } = endpointDevices(endpoint);
    for (const name of [ingress, egress]) {
      this.release(name);
      const index = findInterface(name)?.index;
      if (index === undefined) continue;
      removeTun(name);
      this.deviceEndpointsMap.delete(uint32(index));
    }
    this.raiseGeneration();
    rmSync(this.pinOf(egress), { force: true });
  }

  /**
   * Endpoints whose two devices are up, and whose `gwo-X` leads to our program. Where this process is to hold the devices,
   * those that another one holds are missing.
   */
  observe(): ObservedEndpoint[] {
    const held = ({ ingress, egress }: EndpointDevices) =>
      !this.holds || (this.descriptors.has(ingress) && this.descriptors.has(egress));
    return this.serving().filter(held);
  }

  /** Takes the devices of an earlier process over: hook scripts that redirect to a device need somebody to hold it. */
  hold(): void {
    this.holds = true;
    this.raiseGeneration(); // for what that process has changed last
    for (const { ingress, egress } of this.serving())
      for (const name of [ingress, egress])
        try {
          this.descriptors.set(name, openTun(name));
        } catch {
          /* `make` will be called for it, and say why: the other endpoints do not wait. */
        }
  }

  /** Replaces the program of every device that has one. */
  replaceEncap(encapFd: number): void {
    for (const { egress } of this.serving())
      attachToTrafficControl(this.hookOf(egress, requireDevice(egress)), encapFd);
  }

  private serving(): ObservedEndpoint[] {
    return this.known().flatMap((endpoint) => {
      const devices = endpointDevices(endpoint);
      const indices = [up(devices.ingress), this.encapsulating(devices.egress)];
      if (indices.includes(undefined)) return [];
      const admitted = this.endpointDevicesMap.lookup(encodeEndpoint(endpoint))?.[0];
      const toThese = indices.every((index, at) => admitted?.readUInt32LE(at * 4) === index);
      return [{ ...devices, admittedWith: toThese ? admitted?.readUInt32LE(8) : undefined }];
    });
  }

  /** Every endpoint that devices were made for. */
  known(): string[] {
    const endpoints = [...this.deviceEndpointsMap.entries()].flatMap(({ values }) => values.map(decodeEndpoint));
    return [...new Set(endpoints)];
  }

  /** @throws Error when the endpoint's devices are not held by this process */
  inject({ endpoint, packet }: HandedUpPacket): void {
    const { ingress } = endpointDevices(endpoint);
    const descriptor = this.descriptors.get(ingress);
    if (descriptor === undefined)
      throw new Error(`inject: the endpoint has no devices, got ${endpoint}; call makeDevices first`);
    writeSync(descriptor, packet);
  }

  close(): void {
    for (const name of [...this.descriptors.keys()]) this.release(name);
  }

  /** After every change of the two maps: the programs forget what they have found in them (ebpf/devices.h). */
  private raiseGeneration(): void {
    const before = this.generationMap?.lookup(uint32(0))?.[0]?.readUInt32LE(0) ?? 0;
    this.generationMap?.update(uint32(0), uint32(before === 0xffff_ffff ? 1 : before + 1));
  }

  /** The index of `gwo-X` when it is up and leads to our program. */
  private encapsulating(egress: string): number | undefined {
    const index = up(egress);
    return index !== undefined && attachedToTrafficControl(this.hookOf(egress, index)) ? index : undefined;
  }

  private hookOf(egress: string, index: number): TrafficControlHook {
    return { interface: index, direction: "egress", pin: this.pinOf(egress) };
  }

  private pinOf(egress: string): string {
    return join(this.pinDirectory, `tcx-${egress}`);
  }

  private release(name: string): void {
    const descriptor = this.descriptors.get(name);
    if (descriptor !== undefined) closeSync(descriptor);
    this.descriptors.delete(name);
  }
}

function requireDevice(name: string): number {
  const device = findInterface(name);
  if (!device) throw new Error(`TUN device: not found, got ${name}; something removed it: try again`);
  return device.index;
}

function up(name: string): number | undefined {
  const device = findInterface(name);
  return device?.up ? device.index : undefined;
}
