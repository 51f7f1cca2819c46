import { fuzz } from "../../../tools/fuzz/fuzz";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";
import { INBOUND, InboundName } from "../../../tools/test-run/loaded-for-test";

/** `npm run fuzz` runs ten million, from another seed each time. */
const PACKETS = 50_000;
const SEED = 20_261_122;

describeAsRoot("mutated packets", () => {
  test.each(Object.keys(INBOUND) as InboundName[])(
    "%s: none goes on malformed, and every one is counted once",
    async (name) => {
      await withNamespaces({ hosts: [] }, (namespaces) => {
        const { sent, counted } = fuzz(namespaces, name, PACKETS, SEED);
        expect(sent).toBeGreaterThan(1000);
        expect(counted.size).toBeGreaterThan(15);
      });
    },
    60_000,
  );
});
