/** One `validation` block of a variable. */
export interface Validation {
  /** HCL; true when the value is fine. */
  readonly condition: string;
  /** A Terraform template: `<where>: <what is wrong>, got <value>; <fix>`. */
  readonly message: string;
}

/** A variable of a module. */
export interface Variable {
  readonly name: string;
  /** HCL type constraint. */
  readonly type: string;
  readonly description: string;
  /** As JSON has it. @default - the variable is required */
  readonly default?: unknown;
  /** Whether null is a value of its own. @default false */
  readonly nullable?: boolean;
  readonly validations: readonly Validation[];
  /** Members of an object, for the README. @default - none */
  readonly members?: readonly Variable[];
}

/** A variable as `variables.tf.json` has it. */
export function variableBlock({
  type,
  description,
  nullable,
  validations,
  ...rest
}: Variable): Record<string, unknown> {
  return {
    type,
    description,
    ...("default" in rest ? { default: rest.default } : {}),
    nullable: nullable ?? false,
    ...(validations.length > 0
      ? {
          validation: validations.map(({ condition, message }) => ({
            condition: `\${${condition}}`,
            error_message: message,
          })),
        }
      : {}),
  };
}

/** `tcpIdleTimeoutSeconds` as Terraform writes it: `tcp_idle_timeout_seconds`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
