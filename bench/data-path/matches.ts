import type { Contestant } from "./contestant";
import type { Cell } from "./measure";
import {
  type Gwlbtun,
  filterAgent,
  passThroughAgent,
  passThroughGwlbtun,
  routedAgent,
  routedGwlbtun,
  squidBastionAgent,
  squidBastionGwlbtun,
} from "./contestants";

/** Contestants that are measured in turns, in every one of the cells. */
export interface Match {
  readonly title: string;
  readonly contestants: readonly Entry[];
  readonly cells: readonly Cell[];
}

/** A contestant and the one that its ratio is to. */
export interface Entry {
  readonly contestant: Contestant;
  /** @default - none */
  readonly reference?: Contestant;
}

/** Which part of the benchmark. */
export type MatchName = "hairpin" | "routed" | "rules";

const SIZES = [64, 512, 1400];
const FLOWS = [1, 1000, 100_000, 1_000_000];
const QUICK: Grid = { innerBytes: [64, 1400], flows: [1000] };

/** Sizes of the inner packets, bytes, and numbers of flows: each with each is a cell. */
export interface Grid {
  readonly innerBytes: readonly number[];
  readonly flows: readonly number[];
}

/** What is measured unless the command names sizes or flows. */
export const gridOf = (quick: boolean): Grid => (quick ? QUICK : { innerBytes: SIZES, flows: FLOWS });

const cellsOf = ({ innerBytes, flows }: Grid): Cell[] =>
  innerBytes.flatMap((bytes) => flows.map((count) => ({ innerBytes: bytes, flows: count })));

/** Remembers all flows of a cell without pushing one out; the agent's default where that is enough. */
const maxFlowsFor = (cells: readonly Cell[]) =>
  Math.max(...cells.map(({ flows }) => flows)) > 200_000 ? 1 << 21 : 262_144;

/** What is measured. @param gwlbtun path of AWS's tunnel handler, or undefined */
export function matches(quick: boolean, grid: Grid, gwlbtun: string | undefined): Readonly<Record<MatchName, Match>> {
  const cells = cellsOf(grid);
  const maxFlows = maxFlowsFor(cells);
  const rules = quick ? [1, 1000] : [1, 10, 100, 1000];
  return {
    hairpin: {
      title: "Hairpin",
      cells,
      contestants: against(gwlbtun, passThroughGwlbtun, [
        passThroughAgent("tc"),
        filterAgent("tc", 10),
        passThroughAgent("xdp"),
        filterAgent("xdp", 10),
      ]),
    },
    routed: {
      title: "Routed",
      cells,
      contestants: [
        ...against(gwlbtun, routedGwlbtun, [routedAgent({ maxFlows })]),
        ...[false, true].flatMap((tracksAll) =>
          against(gwlbtun, squidBastionGwlbtun({ tracksAll }), [squidBastionAgent({ maxFlows, tracksAll })]),
        ),
      ],
    },
    rules: {
      title: "Rules",
      cells: cellsOf(QUICK).slice(0, 1),
      contestants: [
        ...toTheFirst(rules.map((count) => filterAgent("tc", count))),
        ...toTheFirst(rules.map((count) => filterAgent("xdp", count))),
        ...toTheFirst(rules.map((count) => routedAgent({ rules: count, maxFlows: maxFlowsFor(cellsOf(QUICK)) }))),
      ],
    },
  };
}

/** Ratios are to gwlbtun as a service runs it; what it does with all the priority there is stands beside. */
function against(
  program: string | undefined,
  gwlbtun: (gwlbtun: Gwlbtun) => Contestant,
  contestants: readonly Contestant[],
): Entry[] {
  if (program === undefined) return contestants.map((contestant) => ({ contestant }));
  const reference = gwlbtun({ program, raised: false });
  return [
    ...contestants.map((contestant) => ({ contestant, reference })),
    { contestant: reference },
    { contestant: gwlbtun({ program, raised: true }), reference },
  ];
}

const toTheFirst = (contestants: readonly Contestant[]): Entry[] =>
  contestants.map((contestant, index) => ({ contestant, reference: index === 0 ? undefined : contestants[0] }));
