import { completedState, plausibleValue, type Prediction } from "../planning/completed-state";
import { emptyValue } from "../planning/empty-value";
import { plannedState, replacedBy } from "../planning/planned-state";
import type { DataAnswer, ProviderBehaviour, ProviderSettings } from "../planning/provider-behaviour";
import { unconfigurable } from "../planning/unconfigurable";
import { withAllMembers } from "../planning/with-all-members";
import type { Block, Mode } from "../schema/schema";
import {
  decodeDynamicValue,
  encodeDynamicValue,
  isObject,
  type CtyObject,
  type CtyValue,
  type DynamicValue,
} from "./cty-value";
import { encodeDiagnostic, encodePath, providerError } from "./diagnostic";
import { wireSchema } from "./wire-schema";

/** Fields of the protocol's requests; each call uses a few of them. */
export interface ProtocolRequest {
  readonly type_name: string;
  readonly config: DynamicValue;
  readonly prior_state: DynamicValue;
  readonly proposed_new_state: DynamicValue;
  readonly planned_state: DynamicValue;
  readonly current_state: DynamicValue;
  readonly raw_state: { readonly json: Uint8Array };
  readonly private: Uint8Array;
  readonly prior_private: Uint8Array;
  readonly planned_private: Uint8Array;
  readonly id: string;
  readonly name: string;
  readonly arguments: readonly DynamicValue[];
}

/** A data source that was answered: for the list of assumed values. */
export interface DataRead {
  readonly type: string;
  readonly config: CtyObject;
  readonly values: CtyObject;
  readonly derived: boolean;
}

/**
 * The calls of Terraform's provider protocol, answered by a {@link ProviderBehaviour}.
 *
 * @param resolve `true` answers a creation's plan with predicted values instead of unknown ones. Such a plan can be
 * read to the end and must never be applied
 * @param onRead called for every data source
 */
export function providerService(
  behaviour: ProviderBehaviour,
  resolve: boolean,
  onRead: (read: DataRead) => void = () => undefined,
) {
  const { schema } = behaviour;
  /** Every provider configuration (alias) dials a connection of its own: the peer's address names it. */
  const settingsOf = new Map<string, ProviderSettings>();
  const block = (mode: Mode, type: string): Block => {
    const found = schema[mode].get(type);
    if (!found) throw new Error(`no schema of ${mode === "data" ? "data source" : "resource type"} '${type}'`);
    return found;
  };
  const object = (value: DynamicValue): CtyObject | null => {
    const decoded = decodeDynamicValue(value);
    return isObject(decoded) ? decoded : null;
  };
  const settings = (peer: string) => settingsOf.get(peer) ?? {};

  return {
    GetSchema: () => ({
      provider: wireSchema(schema.provider),
      resource_schemas: wireSchemas("resource"),
      data_source_schemas: wireSchemas("data"),
      ...(behaviour.moduleMetadata === undefined ? {} : { provider_meta: wireSchema(behaviour.moduleMetadata) }),
      functions: wireFunctions(),
      server_capabilities: { get_provider_schema_optional: true },
    }),

    PrepareProviderConfig: (request: ProtocolRequest) => ({ prepared_config: request.config }),

    Configure(request: ProtocolRequest, peer: string) {
      const { settings: configured, diagnostics } = behaviour.configure(object(request.config) ?? {});
      settingsOf.set(peer, configured);
      return { diagnostics: diagnostics.map(encodeDiagnostic) };
    },

    ValidateResourceTypeConfig: (request: ProtocolRequest) => validate("resource", request),
    ValidateDataSourceConfig: (request: ProtocolRequest) => validate("data", request),

    // The state was written by this very schema, a moment ago: there is nothing to upgrade.
    UpgradeResourceState: (request: ProtocolRequest) => ({ upgraded_state: { json: request.raw_state.json } }),

    ReadResource(request: ProtocolRequest) {
      const state = object(request.current_state);
      if (state) behaviour.remember(request.type_name, state);
      return { new_state: request.current_state, private: request.private };
    },

    PlanResourceChange(request: ProtocolRequest, peer: string) {
      const proposed = object(request.proposed_new_state);
      if (!proposed) return { planned_state: request.proposed_new_state, planned_private: request.prior_private };
      const type = request.type_name;
      const prior = object(request.prior_state);
      const config = object(request.config) ?? {};
      const shape = block("resource", type);
      const imported: CtyObject = prior && isImported(prior) ? { id: prior["id"] ?? null } : {};
      const before = imported["id"] === undefined ? prior : null;
      const planned = plannedState(
        shape,
        { prior: before, proposed, config },
        {
          known: { ...behaviour.known(type, config, before, settings(peer)), ...imported },
          defaults: behaviour.defaults(type),
        },
      );
      const replaced = replacedBy(behaviour.forceNew(type), before, planned);
      const reply = {
        requires_replace: replaced.map((name) => encodePath([name])),
        planned_private: request.prior_private,
        // As the AWS provider's SDK sets it: Terraform then accepts defaults that the schema does not announce.
        legacy_type_system: true,
      };
      if (!resolve) return { ...reply, planned_state: encodeDynamicValue(planned) };
      const prediction = behaviour.predict(type, planned, settings(peer));
      const state = completedState(shape, planned, renamed(prediction, imported["id"]));
      behaviour.remember(type, state);
      return { ...reply, planned_state: encodeDynamicValue(state) };
    },

    ApplyResourceChange(request: ProtocolRequest, peer: string) {
      const type = request.type_name;
      const prior = object(request.prior_state);
      const planned = object(request.planned_state);
      if (!planned) {
        if (prior) behaviour.forget(type, prior);
        return { new_state: request.planned_state };
      }
      const state = completedState(
        block("resource", type),
        planned,
        prior ? { values: prior, fingerprint: "00000000" } : behaviour.predict(type, planned, settings(peer)),
      );
      behaviour.remember(type, state);
      return { new_state: encodeDynamicValue(state), private: request.planned_private, legacy_type_system: true };
    },

    ImportResourceState(request: ProtocolRequest) {
      const state = { ...emptyValue(block("resource", request.type_name)), id: request.id };
      return { imported_resources: [{ type_name: request.type_name, state: encodeDynamicValue(state) }] };
    },

    ReadDataSource(request: ProtocolRequest, peer: string) {
      const type = request.type_name;
      const config = object(request.config) ?? {};
      const answer = answered(type, config, settings(peer));
      const prediction = { values: answer.values, fingerprint: "00000000" };
      const state: CtyObject = { ...config };
      for (const [name, attribute] of Object.entries(block("data", type).attributes))
        if (attribute.computed && (state[name] ?? null) === null)
          state[name] = withAllMembers(plausibleValue(name, attribute.type, prediction), attribute.type);
      onRead({ type, config, values: answer.values, derived: answer.derived ?? false });
      return { state: encodeDynamicValue(state), diagnostics: (answer.diagnostics ?? []).map(encodeDiagnostic) };
    },

    CallFunction(request: ProtocolRequest) {
      const called = behaviour.functions?.[request.name];
      if (!called) return { error: { text: `${request.name}: not served offline` } };
      try {
        return { result: encodeDynamicValue(called.call(...(request.arguments ?? []).map(decodeDynamicValue))) };
      } catch (error) {
        return { error: { text: error instanceof Error ? error.message : String(error) } };
      }
    },

    Stop: () => ({}),
  };

  function answered(type: string, config: CtyObject, of: ProviderSettings): DataAnswer {
    try {
      return behaviour.read(type, config, of);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { values: {}, derived: true, diagnostics: [providerError(`Reading ${type}`, reason)] };
    }
  }

  function validate(mode: Mode, request: ProtocolRequest) {
    const config = object(request.config) ?? {};
    const refused = [
      ...unconfigurable(block(mode, request.type_name), config),
      ...behaviour.validate(mode, request.type_name, config),
    ];
    return { diagnostics: refused.map(encodeDiagnostic) };
  }

  function wireSchemas(mode: Mode) {
    return Object.fromEntries(
      [...schema[mode]].map(([type, it]) => [type, wireSchema(it, behaviour.sensitive(mode, type))]),
    );
  }

  function wireFunctions() {
    return Object.fromEntries(
      Object.entries(behaviour.functions ?? {}).map(([name, it]) => [
        name,
        {
          parameters: it.parameters.map((one) => ({ name: one.name, type: Buffer.from(JSON.stringify(one.type)) })),
          return: { type: Buffer.from(JSON.stringify(it.returns)) },
        },
      ]),
    );
  }
}

/** Whether a state is what {@link providerService} made of an `import` block: an id, and nothing else. */
function isImported(state: CtyObject): boolean {
  return Object.entries(state).every(([name, value]) => (name === "id" ? value : isEmpty(value)));
}

function isEmpty(value: CtyValue): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** A prediction for a resource whose id is known. */
function renamed(prediction: Prediction, id: CtyValue | undefined): Prediction {
  const predicted = prediction.values["id"];
  if (typeof id !== "string" || typeof predicted !== "string" || !predicted) return prediction;
  const values = JSON.parse(JSON.stringify(prediction.values).replaceAll(predicted, id)) as CtyObject;
  return { ...prediction, values };
}
