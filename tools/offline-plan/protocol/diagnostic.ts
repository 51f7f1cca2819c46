/** A step from a resource to the argument that is wrong: a name, an index, or a map's key. */
export type PathStep = string | number | { readonly key: string };

/** What a provider tells Terraform, which prints it with the place in the configuration that `path` leads to. */
export interface ProviderDiagnostic {
  readonly severity: "ERROR" | "WARNING";
  readonly summary: string;
  readonly detail: string;
  readonly path?: readonly PathStep[];
}

/** A refusal, at an argument of the resource. */
export function providerError(summary: string, detail: string, path: readonly PathStep[] = []): ProviderDiagnostic {
  return { severity: "ERROR", summary, detail, path };
}

/** Steps as the protocol writes them. */
export function encodePath(path: readonly PathStep[]) {
  return {
    steps: path.map((step) =>
      typeof step === "string"
        ? { attribute_name: step }
        : typeof step === "number"
          ? { element_key_int: step }
          : { element_key_string: step.key },
    ),
  };
}

/** A diagnostic as the protocol writes it. */
export function encodeDiagnostic({ severity, summary, detail, path }: ProviderDiagnostic) {
  return { severity, summary, detail, ...(path?.length ? { attribute: encodePath(path) } : {}) };
}
