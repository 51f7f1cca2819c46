import koffi from "koffi";
import { BpfError } from "./bpf-error";

/** struct bpf_object_open_opts of libbpf 1.x, as far as `kernel_log_level`. */
const OPTIONS_BYTES = 80;
const LOG_AT = 56;
const LOG_BYTES_AT = 64;

/** The kernel fills it only when it refuses a program; one that is too small would make ENOSPC of what it says. */
const LOG_BYTES = 16 * 1024 * 1024;

/** Of the log's end, in the error; the last lines are about the instruction that was refused. */
const KEPT_BYTES = 4096;

/** libbpf tries five times; a profiler's signals never stop. */
const INTERRUPTED =
  "signals interrupted the kernel's verifier again and again: stop what sends them, as node --cpu-prof";

/** What the kernel's verifier writes about the programs of an object that it refuses. */
export class VerifierLog {
  /** For `bpf_object__open_file`. */
  readonly options = Buffer.alloc(OPTIONS_BYTES);
  /** Known to libbpf by its address only: this keeps it alive. */
  private readonly text = Buffer.alloc(LOG_BYTES);

  constructor() {
    this.options.writeBigUInt64LE(BigInt(OPTIONS_BYTES), 0);
    this.options.writeBigUInt64LE(BigInt(koffi.address(this.text)), LOG_AT);
    this.options.writeBigUInt64LE(BigInt(LOG_BYTES), LOG_BYTES_AT);
  }

  /** The error of a load that failed, with what the verifier says about it. @param code name of the errno */
  error(path: string, code: string): BpfError {
    const text = this.text.toString("utf8", 0, this.text.indexOf(0)).trim();
    if (code === "EAGAIN") return new BpfError(path, "load", code, INTERRUPTED);
    if (text === "") return new BpfError(path, "load", code);
    const lines = text.split("\n").filter((line) => !/^(processed|verification time|stack depth)\b/.test(line));
    const said = `the kernel's verifier refuses it, '${lines.at(-1) ?? ""}': report it with the kernel's version`;
    return new BpfError(path, "load", code, said, text.slice(-KEPT_BYTES));
  }
}
