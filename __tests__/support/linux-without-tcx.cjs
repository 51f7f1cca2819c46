/*
 * Linux before 6.6, as far as tcx: `node --require` this file, and BPF_LINK_CREATE refuses BPF_TCX_INGRESS and BPF_TCX_EGRESS
 * with EINVAL, as 6.1 does.
 */
const koffi = require("koffi");

const EINVAL = 22;
const { load } = koffi;

koffi.load = (name) => {
  const library = load(name);
  return {
    func: (...signature) => {
      const call = library.func(...signature);
      if (!/\bbpf_link_create\b/.test(signature[0])) return call;
      return (program, target, type, options) =>
        type === 46 || type === 47 ? -EINVAL : call(program, target, type, options);
    },
  };
};
