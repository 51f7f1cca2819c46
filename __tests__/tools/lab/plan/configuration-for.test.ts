import { configurationFor } from "../../../../tools/lab/plan/configuration-for";

test("numbers of a command line change the configuration", () => {
  expect(configurationFor({})).toEqual({});
  expect(configurationFor({ zones: "2", appliances: "3" })).toMatchObject({
    zones: ["eu-west-1a", "eu-west-1b"],
    appliance: { perZone: 3 },
  });
});

test.each([
  [{ zones: "0" }, "--zones: must be a whole number from 1 to 6, got '0'; correct it"],
  [{ zones: "two" }, "--zones: must be a whole number from 1 to 6, got 'two'; correct it"],
  [{ appliances: "21" }, "--appliances: must be a whole number from 1 to 20, got '21'; correct it"],
])("fails for %j", (size, message) => {
  expect(() => configurationFor(size)).toThrow(message);
});
