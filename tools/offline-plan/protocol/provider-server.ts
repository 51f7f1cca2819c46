import { join } from "node:path";
import { Server, ServerCredentials, loadPackageDefinition, status, type ServiceClientConstructor } from "@grpc/grpc-js";
import type { UntypedHandleCall, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProviderBehaviour } from "../planning/provider-behaviour";
import { providerService, type DataRead, type ProtocolRequest } from "./provider-service";

/** A provider that a Terraform process can attach to. */
export interface ServedProvider {
  /** Its entry in `TF_REATTACH_PROVIDERS`. */
  readonly reattach: object;
  stop(): void;
}

/**
 * Serves a provider on a free port of the loopback interface.
 *
 * TCP and not a Unix socket, because a connection is known by its peer's port: it tells provider aliases apart.
 *
 * @see https://developer.hashicorp.com/terraform/plugin/debugging (TF_REATTACH_PROVIDERS)
 */
export async function serveProvider(
  behaviour: ProviderBehaviour,
  resolve: boolean,
  onRead?: (read: DataRead) => void,
): Promise<ServedProvider> {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  const calls = providerService(behaviour, resolve, onRead);
  server.addService(protocol(), Object.fromEntries(Object.entries(calls).map(([name, it]) => [name, unary(name, it)])));
  const port = await new Promise<number>((done, failed) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? failed(error) : done(bound),
    );
  });
  return {
    reattach: {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      // Terraform then leaves the process alone when it is done.
      Test: true,
      Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
    },
    stop: () => {
      server.forceShutdown();
    },
  };
}

function protocol() {
  const definition = loadSync(join(__dirname, "tfplugin5.proto"), { keepCase: true, longs: Number, enums: String });
  const loaded = loadPackageDefinition(definition) as unknown as { tfplugin5: { Provider: ServiceClientConstructor } };
  return loaded.tfplugin5.Provider.service;
}

function unary(name: string, answer: (request: ProtocolRequest, peer: string) => object): UntypedHandleCall {
  return (call: ServerUnaryCall<ProtocolRequest, object>, reply: sendUnaryData<object>) => {
    try {
      reply(null, answer(call.request, call.getPeer()));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // `type_name` is absent from some requests.
      reply({ code: status.INTERNAL, message: `${name} ${call.request.type_name ?? ""}: ${reason}` });
    }
  };
}
