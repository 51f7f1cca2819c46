import { tmpdir } from "node:os";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, TerraformStack } from "cdktf";
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";

/** A construct class of a provider; every one knows its Terraform type. */
interface ResourceClass {
  readonly tfResourceType: string;
}

/** One resource or data source of a synthesized stack. */
export interface SynthesizedResource {
  /** `aws_subnet`. */
  readonly type: string;
  /** Terraform address: `aws_subnet.client_eu-west-1a_workload-subnet_CE2FA959`. */
  readonly ref: string;
  /** Construct path without the stack: `client/eu-west-1a/workload-subnet`. */
  readonly path: string;
  /** Arguments as Terraform reads them. */
  readonly attributes: Record<string, any>;
}

/** A stack as Terraform reads it, to ask questions about. */
export class Synthesized {
  /** The whole document. */
  readonly json: any;
  /** Everything under `resource`. */
  readonly resources: readonly SynthesizedResource[];
  /** Everything under `data`. */
  readonly dataSources: readonly SynthesizedResource[];

  /** @param build fills an empty stack, or makes one of its own in the app and returns it */
  constructor(build: (scope: TerraformStack, app: App) => unknown) {
    // A folder that exists: cdktf makes it otherwise, and writes nothing into it here.
    const app = new App({ outdir: tmpdir(), stackTraces: false });
    const empty = new TerraformStack(app, "test");
    new AwsProvider(empty, "aws", { region: "eu-west-1" });
    const built = build(empty, app);
    const stack = built instanceof TerraformStack ? built : empty;
    // What App.synth() does with a stack, without the files.
    stack.prepareStack();
    invokeAspects(stack);
    stack.runAllValidations();
    this.json = JSON.parse(JSON.stringify(stack.toTerraform()));
    this.resources = entries(this.json.resource, "");
    this.dataSources = entries(this.json.data, "data.");
  }

  /** Every resource of a class. */
  all(resourceClass: ResourceClass): SynthesizedResource[] {
    return this.resources.filter(({ type }) => type === resourceClass.tfResourceType);
  }

  /** The only resource of a class; an error says how many there are. */
  only(resourceClass: ResourceClass): SynthesizedResource {
    return one(this.all(resourceClass), resourceClass.tfResourceType);
  }

  /** The resource of a class at a construct path. */
  at(resourceClass: ResourceClass, path: string): SynthesizedResource {
    const found = this.all(resourceClass).filter((resource) => resource.path === path);
    return one(found, `${resourceClass.tfResourceType} at ${path}`);
  }

  /** The resource with an address. */
  resource(ref: string): SynthesizedResource {
    return one(
      this.resources.filter((resource) => resource.ref === ref),
      ref,
    );
  }
}

/** Address in a reference such as `${aws_vpc.client_vpc_7E4572BF.id}`; other text as it is. */
export function referred(text: string | undefined): string | undefined {
  return /^\$\{((?:data\.)?\w+\.[\w-]+)\.\w+\}$/.exec(text ?? "")?.[1] ?? text;
}

/** Addresses of everything that a resource mentions, itself or through local values, or depends on. */
export function dependencies(stack: Synthesized, resource: SynthesizedResource): string[] {
  const own = JSON.stringify(resource.attributes);
  const locals = Object.entries(stack.json.locals ?? {}).filter(([name]) => mentions(own, `local.${name}`));
  const text = own + JSON.stringify(locals);
  return [...stack.resources, ...stack.dataSources].map(({ ref }) => ref).filter((ref) => mentions(text, ref));
}

/** Everything that must exist before a resource, however far: its dependencies, theirs, and so on. */
export function allDependencies(stack: Synthesized, resource: SynthesizedResource): Set<string> {
  const found = new Set<string>();
  const follow = (from: SynthesizedResource): void => {
    for (const ref of dependencies(stack, from)) {
      if (found.has(ref)) continue;
      found.add(ref);
      if (!ref.startsWith("data.")) follow(stack.resource(ref));
    }
  };
  follow(resource);
  return found;
}

function mentions(text: string, ref: string): boolean {
  const at = text.indexOf(ref);
  return at >= 0 && /[^\w-]/.test(text[at + ref.length] ?? " ");
}

function entries(section: Record<string, Record<string, any>> | undefined, prefix: string): SynthesizedResource[] {
  return Object.entries(section ?? {}).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, { "//": comment, ...attributes }]) => ({
      type,
      ref: `${prefix}${type}.${id}`,
      path: String(comment.metadata.path).split("/").slice(1).join("/"),
      attributes,
    })),
  );
}

function one(found: readonly SynthesizedResource[], what: string): SynthesizedResource {
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`expected one ${what}, got ${found.map(({ ref }) => ref).join(", ") || "none"}`);
  }
  return first;
}
