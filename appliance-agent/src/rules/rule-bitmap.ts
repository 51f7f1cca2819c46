/** Bits of one chunk: equal chunks of all rows are stored once. Mirrored in ebpf/rule_table.h. */
export const CHUNK_BITS = 1024;

/** Chunks of one row: 65,536 rules. */
export const ROW_CHUNKS = 64;

/** Number of the row of all rules: most conditions are not asked for in most lists. Mirrored in ebpf/rule_table.h. */
export const EVERY_RULE = 1;

/** Sets of rules, each different one stored once; chunk 0 and row 0 are empty, row 1 (`EVERY_RULE`) has all rules. */
export interface RuleBitmaps {
  /** Each 64 numbers of chunks. */
  readonly rows: readonly Uint32Array[];
  /** Each 1,024 bits, rule n of the chunk in bit n % 32 of word n / 32. */
  readonly chunks: readonly Uint32Array[];
}

/** A set of rules that changes by one rule at a time; cheap to take the number of again and again. */
export interface ChangingRow {
  add(rule: number): void;
  delete(rule: number): void;
  /** The number of the row that holds the set as it is now. */
  number(): number;
}

/** Stores sets of rules; one store serves all dimensions of a table. */
export class RuleBitmapStore implements RuleBitmaps {
  readonly rows: Uint32Array[] = [];
  readonly chunks: Uint32Array[] = [];
  private readonly chunkStore = new WordStore(this.chunks, CHUNK_BITS / 32);
  private readonly rowStore = new WordStore(this.rows, ROW_CHUNKS);

  /** @param count of rules in the list */
  constructor(count: number) {
    this.row([]).number();
    this.row(Array.from({ length: count }).keys()).number();
    // Without rules the two are equal, and a row 1 must exist.
    if (count === 0) this.rows.push(new Uint32Array(ROW_CHUNKS));
  }

  /** @param rules that are in the set at first */
  row(rules: Iterable<number>): ChangingRow {
    const bits = new Uint32Array((CHUNK_BITS / 32) * ROW_CHUNKS);
    const chunkNumbers = new Uint32Array(ROW_CHUNKS);
    const changed = new Set<number>();
    const flip = (rule: number, on: boolean) => {
      const word = rule >>> 5;
      const bit = 1 << (rule & 31);
      bits[word] = on ? (bits[word] ?? 0) | bit : (bits[word] ?? 0) & ~bit;
      changed.add(Math.floor(rule / CHUNK_BITS));
    };
    for (const rule of rules) flip(rule, true);
    for (let chunk = 0; chunk < ROW_CHUNKS; chunk++) if (this.chunks.length === 0) changed.add(chunk);
    return {
      add: (rule) => {
        flip(rule, true);
      },
      delete: (rule) => {
        flip(rule, false);
      },
      number: () => {
        for (const chunk of changed) {
          const words = CHUNK_BITS / 32;
          chunkNumbers[chunk] = this.chunkStore.numberOf(bits.subarray(chunk * words, (chunk + 1) * words));
        }
        changed.clear();
        return this.rowStore.numberOf(chunkNumbers);
      },
    };
  }
}

/** Arrays of words that a slab holds: an allocation for each would keep the garbage collector busy. */
const SLAB = 4096;

/** Appends arrays of one length to a list, each different one once. */
class WordStore {
  /** Numbers of what is in the list, by `hash`. */
  private readonly numbers = new Map<number, number[]>();
  private slab = new Uint32Array(0);

  constructor(
    private readonly list: Uint32Array[],
    private readonly length: number,
  ) {}

  /** The number of an array that is equal to `words`. */
  numberOf(words: Uint32Array): number {
    const key = hash(words);
    const alike = this.numbers.get(key);
    const known = alike?.find((number) => isEqual(this.list[number], words));
    if (known !== undefined) return known;
    const number = this.list.length;
    if (alike) alike.push(number);
    else this.numbers.set(key, [number]);
    this.append(words);
    return number;
  }

  private append(words: Uint32Array): void {
    const at = (this.list.length % SLAB) * this.length;
    if (at === 0) this.slab = new Uint32Array(SLAB * this.length);
    const place = this.slab.subarray(at, at + this.length);
    place.set(words);
    this.list.push(place);
  }
}

/** 32 bits: FNV-1a over words instead of bytes, mixed so that a word's high bits count, too. */
function hash(words: Uint32Array): number {
  let value = 0x811c9dc5;
  for (const word of words) {
    value = Math.imul(value ^ word, 0x01000193);
    value ^= value >>> 15;
  }
  return value;
}

function isEqual(left: Uint32Array | undefined, right: Uint32Array): boolean {
  for (let i = 0; i < right.length; i++) if (left?.[i] !== right[i]) return false;
  return true;
}
