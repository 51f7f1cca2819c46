import { SCENARIO_NAMES, synthesizeScenario } from "../support/scenarios";

// A difference here is a resource that is replaced or removed in somebody's account: it needs a line under "Replaces" in
// CHANGELOG.md.
test.each(SCENARIO_NAMES)("%s keeps its addresses", (scenario) => {
  const { resources, dataSources } = synthesizeScenario(scenario);
  expect([...resources, ...dataSources].map(({ ref }) => ref).sort()).toMatchSnapshot();
});
