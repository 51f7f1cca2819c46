import koffi from "koffi";

/** A pointer that libbpf gave out and takes back; JavaScript never looks inside. */
export type Opaque = object;

/** The functions of libbpf 1.x that are used here. Those that return an int return a negative errno when they fail. */
export interface Libbpf {
  bpf_object__open_file(path: string, options: Uint8Array | null): Opaque | null;
  bpf_object__load(object: Opaque): number;
  bpf_object__close(object: Opaque): void;
  bpf_object__next_map(object: Opaque, map: Opaque | null): Opaque | null;
  bpf_object__find_map_by_name(object: Opaque, name: string): Opaque | null;
  bpf_object__find_program_by_name(object: Opaque, name: string): Opaque | null;
  bpf_program__fd(program: Opaque): number;
  bpf_map__name(map: Opaque): string;
  bpf_map__fd(map: Opaque): number;
  bpf_map__type(map: Opaque): number;
  bpf_map__key_size(map: Opaque): number;
  bpf_map__value_size(map: Opaque): number;
  bpf_map__max_entries(map: Opaque): number;
  bpf_map__map_flags(map: Opaque): number;
  bpf_map__inner_map(map: Opaque): Opaque | null;
  bpf_map__set_max_entries(map: Opaque, entries: number): number;
  bpf_map__reuse_fd(map: Opaque, fd: number): number;
  bpf_map_lookup_elem(fd: number, key: Uint8Array, value: Uint8Array): number;
  bpf_map_update_elem(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  bpf_map_delete_elem(fd: number, key: Uint8Array): number;
  bpf_map_get_next_key(fd: number, key: Uint8Array | null, next: Uint8Array): number;
  bpf_map_update_batch(fd: number, keys: Uint8Array, values: Uint8Array, count: Uint8Array, options: null): number;
  bpf_map_lookup_batch(
    fd: number,
    cursor: Uint8Array | null,
    nextCursor: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint8Array,
    options: null,
  ): number;
  bpf_map_create(type: number, name: string, key: number, value: number, entries: number, options: Uint8Array): number;
  bpf_obj_pin(fd: number, path: string): number;
  bpf_obj_get(path: string): number;
  bpf_obj_get_info_by_fd(fd: number, info: Uint8Array, length: Uint8Array): number;
  bpf_prog_test_run_opts(fd: number, options: Uint8Array): number;
  bpf_tc_hook_create(hook: Uint8Array): number;
  bpf_tc_hook_destroy(hook: Uint8Array): number;
  bpf_tc_attach(hook: Uint8Array, options: Uint8Array): number;
  bpf_tc_detach(hook: Uint8Array, options: Uint8Array): number;
  bpf_tc_query(hook: Uint8Array, options: Uint8Array): number;
  bpf_link_create(program: number, target: number, type: number, options: Uint8Array): number;
  bpf_link_update(link: number, program: number, options: null): number;
  bpf_link_detach(link: number): number;
  libbpf_num_possible_cpus(): number;
  libbpf_set_print(callback: unknown): unknown;
  ring_buffer__new(fd: number, callback: unknown, context: null, options: null): Opaque | null;
  ring_buffer__consume(ring: Opaque): number;
  ring_buffer__free(ring: Opaque): void;
  libbpf_version_string(): string;
}

const SIGNATURES: Readonly<Record<keyof Libbpf, string>> = {
  bpf_object__open_file: "void *bpf_object__open_file(const char *, void *)",
  bpf_object__load: "int bpf_object__load(void *)",
  bpf_object__close: "void bpf_object__close(void *)",
  bpf_object__next_map: "void *bpf_object__next_map(void *, void *)",
  bpf_object__find_map_by_name: "void *bpf_object__find_map_by_name(void *, const char *)",
  bpf_object__find_program_by_name: "void *bpf_object__find_program_by_name(void *, const char *)",
  bpf_program__fd: "int bpf_program__fd(void *)",
  bpf_map__name: "const char *bpf_map__name(void *)",
  bpf_map__fd: "int bpf_map__fd(void *)",
  bpf_map__type: "int bpf_map__type(void *)",
  bpf_map__key_size: "uint32_t bpf_map__key_size(void *)",
  bpf_map__value_size: "uint32_t bpf_map__value_size(void *)",
  bpf_map__max_entries: "uint32_t bpf_map__max_entries(void *)",
  bpf_map__map_flags: "uint32_t bpf_map__map_flags(void *)",
  bpf_map__inner_map: "void *bpf_map__inner_map(void *)",
  bpf_map__set_max_entries: "int bpf_map__set_max_entries(void *, uint32_t)",
  bpf_map__reuse_fd: "int bpf_map__reuse_fd(void *, int)",
  bpf_map_lookup_elem: "int bpf_map_lookup_elem(int, const void *, void *)",
  bpf_map_update_elem: "int bpf_map_update_elem(int, const void *, const void *, uint64_t)",
  bpf_map_delete_elem: "int bpf_map_delete_elem(int, const void *)",
  bpf_map_get_next_key: "int bpf_map_get_next_key(int, const void *, void *)",
  bpf_map_update_batch: "int bpf_map_update_batch(int, const void *, const void *, void *, void *)",
  bpf_map_lookup_batch: "int bpf_map_lookup_batch(int, void *, void *, void *, void *, void *, void *)",
  bpf_map_create: "int bpf_map_create(int, const char *, uint32_t, uint32_t, uint32_t, void *)",
  bpf_obj_pin: "int bpf_obj_pin(int, const char *)",
  bpf_obj_get: "int bpf_obj_get(const char *)",
  bpf_obj_get_info_by_fd: "int bpf_obj_get_info_by_fd(int, void *, void *)",
  bpf_prog_test_run_opts: "int bpf_prog_test_run_opts(int, void *)",
  bpf_tc_hook_create: "int bpf_tc_hook_create(void *)",
  bpf_tc_hook_destroy: "int bpf_tc_hook_destroy(void *)",
  bpf_tc_attach: "int bpf_tc_attach(void *, void *)",
  bpf_tc_detach: "int bpf_tc_detach(void *, void *)",
  bpf_tc_query: "int bpf_tc_query(void *, void *)",
  bpf_link_create: "int bpf_link_create(int, int, int, void *)",
  bpf_link_update: "int bpf_link_update(int, int, void *)",
  bpf_link_detach: "int bpf_link_detach(int)",
  libbpf_num_possible_cpus: "int libbpf_num_possible_cpus()",
  libbpf_set_print: "void *libbpf_set_print(void *)",
  ring_buffer__new: "void *ring_buffer__new(int, void *, void *, void *)",
  ring_buffer__consume: "int ring_buffer__consume(void *)",
  ring_buffer__free: "void ring_buffer__free(void *)",
  libbpf_version_string: "const char *libbpf_version_string()",
};

let loaded: Libbpf | undefined;

/**
 * The libbpf of this machine, loaded when first used.
 *
 * @throws Error when it is not installed
 */
export function libbpf(): Libbpf {
  if (loaded) return loaded;
  let library;
  try {
    library = koffi.load("libbpf.so.1");
  } catch (cause) {
    throw new Error(
      `libbpf.so.1: cannot be loaded, got ${String(cause)}; install libbpf (Amazon Linux 2023: libbpf, Debian: libbpf1)`,
      { cause },
    );
  }
  loaded = Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)]),
  ) as unknown as Libbpf;
  loaded.libbpf_set_print(null);
  return loaded;
}
