import { LabState, readLabs } from "./lab-directory";

/** The lab that is meant: the only one, or the one with this name. @throws Error when there is none, or several */
export function chooseLab(name: string | undefined): LabState {
  const labs = readLabs().filter((lab): lab is LabState => "owner" in lab);
  const [lab, ...others] = name === undefined ? labs : labs.filter((one) => one.name === name);
  if (lab && others.length === 0) return lab;
  const names = labs.map((one) => one.name).join(", ") || "none";
  throw new Error(`lab: which lab, got ${name ?? "no name"}; running are ${names}: name one with --lab`);
}
