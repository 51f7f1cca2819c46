import { z } from "zod";
import type { ServedEndpoint } from "../control/desired-state";
import { MAX_SLOT, assignSlots } from "../rules/endpoint-slot";
import { endpointDevices } from "../datapath/endpoint-devices";
import type { JsonFile } from "./json-file";

/** What is remembered of an endpoint until the host boots again. */
export interface KnownEndpoint {
  readonly slot: number;
  /** Create hook that has been run for it. @default - none */
  readonly createHook?: string;
  /** Destroy hook to run when its devices go. @default - none */
  readonly destroyHook?: string;
  /** Why the create hook failed. @default - it did not */
  readonly hookFailure?: string;
}

/** By endpoint id. */
export type KnownEndpoints = Readonly<Record<string, KnownEndpoint>>;

/** What the file of {@link KnownEndpoints} must hold. */
export const knownEndpoints: z.ZodType<KnownEndpoints> = z.record(
  z.string().regex(/^[0-9a-f]{16}$/),
  z.object({
    slot: z.int().min(1).max(MAX_SLOT),
    createHook: z.string().optional(),
    destroyHook: z.string().optional(),
    hookFailure: z.string().optional(),
  }),
);

/**
 * Endpoints that are served; more are ignored. A load balancer has one endpoint per zone and client VPC, and a sender
 * that makes ids up must not fill the host with devices.
 */
export const MAX_ENDPOINTS = 1024;

/**
 * The endpoints that have sent packets, and what was done for each.
 *
 * A file that cannot be written keeps no endpoint from being served: what is known counts, and is saved later.
 */
export class EndpointRegistry {
  private known: KnownEndpoints;
  private saved: KnownEndpoints;
  private problem: string | undefined;

  /** @param slots that the kernel's rules use, by name of the ingress device; they win over what the file says */
  constructor(
    private readonly file: JsonFile<KnownEndpoints>,
    slots: ReadonlyMap<string, number> = new Map(),
  ) {
    this.known = Object.fromEntries(
      Object.entries(file.read()).map(([endpoint, it]) => [
        endpoint,
        { ...it, slot: slots.get(endpointDevices(endpoint).ingress) ?? it.slot },
      ]),
    );
    this.saved = this.known;
  }

  /** @returns endpoints that were refused, for there is no room */
  add(endpoints: readonly string[]): string[] {
    const fresh = endpoints.filter((endpoint) => this.known[endpoint] === undefined);
    if (fresh.length === 0) return [];
    const room = MAX_ENDPOINTS - Object.keys(this.known).length;
    const all = [...Object.keys(this.known), ...fresh.slice(0, room)];
    const slots = assignSlots(new Map(Object.entries(this.known).map(([endpoint, { slot }]) => [endpoint, slot])), all);
    this.change(
      Object.fromEntries([...slots].map(([endpoint, slot]) => [endpoint, { ...this.known[endpoint], slot }])),
    );
    return fresh.slice(room);
  }

  /** Remembers that a create hook was run, and what is to be run in the end. */
  recordHook(endpoint: string, record: Omit<KnownEndpoint, "slot">): void {
    const known = this.known[endpoint];
    if (known) this.change({ ...this.known, [endpoint]: { slot: known.slot, ...record } });
  }

  /** The destroy hook to run when an endpoint's devices go. */
  destroyHook(endpoint: string): string | undefined {
    return this.known[endpoint]?.destroyHook;
  }

  /** Forgets an endpoint whose devices are gone. */
  forget(endpoint: string): void {
    this.change(Object.fromEntries(Object.entries(this.known).filter(([known]) => known !== endpoint)));
  }

  /** Every endpoint with its devices. */
  served(): ServedEndpoint[] {
    return Object.entries(this.known).map(([endpoint, { slot }]) => ({ ...endpointDevices(endpoint), slot }));
  }

  /** Endpoints for which a create hook has been run. */
  hooksRun(): Set<string> {
    return new Set(Object.entries(this.known).flatMap(([endpoint, it]) => (it.createHook ? [endpoint] : [])));
  }

  /** What went wrong in hooks. */
  hookFailures(): string[] {
    return Object.values(this.known).flatMap(({ hookFailure }) => hookFailure ?? []);
  }

  /** Why what is known could not be saved. @default - it was */
  get unsaved(): string | undefined {
    return this.problem;
  }

  /** Saves what has not been yet; to be called again while {@link unsaved} says why it was not. */
  save(): void {
    if (this.saved === this.known) return;
    try {
      this.file.write(this.known);
      this.saved = this.known;
      this.problem = undefined;
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  private change(known: KnownEndpoints): void {
    this.known = known;
    this.save();
  }
}
