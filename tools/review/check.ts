import { JudgedTrip } from "../appliance-rules/judged-trip";
import { RoundTrip } from "../topology/walk-result";
import { Topology } from "../topology/topology";

/** `error`: it will not work, or packets pass uninspected. `warning`: it works until something happens. `note`: worth knowing. */
export type Severity = "error" | "warning" | "note";

/** A walk that was reviewed: who asked for what, and what became of it. */
export interface ReviewedWalk {
  /** `aws_instance.client -> internet, tcp 443`. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly direction: "outbound" | "inbound" | "east-west";
  readonly family: "ipv4" | "ipv6";
  /** As if the appliance returned whatever it gets: what the network does, which the checks judge. */
  readonly roundTrip: RoundTrip;
  /** With the appliance's own rules, where the plan has them: what is shown. */
  readonly judged: JudgedTrip;
}

/** What the checks look at. */
export interface Subject {
  readonly topology: Topology;
  readonly walks: readonly ReviewedWalk[];
  /** Every walk that is shown: `walks`, and those whose packets the appliance's rules treat otherwise. */
  readonly shown: readonly ReviewedWalk[];
}

/** One place where a check found something. */
export interface Discovery {
  /** Terraform's address of the part that has to change. */
  readonly address: string;
  /** What is wrong there, with the values that make it so. */
  readonly what: string;
}

/** A question that every topology is asked. */
export interface Check {
  /** Stable: suppressions name it. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** AWS's page that says so. */
  readonly source: string;
  /** Whether it concludes something from what is not there; not asked where a plan hides parts. @default false */
  readonly judgesAbsence?: boolean;
  readonly find: (subject: Subject) => readonly Discovery[];
}

/** A discovery with the check that made it. */
export interface Finding extends Discovery {
  readonly check: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string;
  /** Why it is accepted; only on suppressed findings. */
  readonly suppressed?: string;
}
