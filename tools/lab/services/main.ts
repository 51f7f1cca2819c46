import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { credentialsOf, metadataService } from "./instance-metadata";
import { listenInNamespace } from "./listen-in-namespace";
import { objectStorage } from "./object-storage";
import { servicesConfigurationSchema } from "./services-configuration";
import { webServer } from "./web-server";

/** As nginx has it; Node's own 5 s would end connections that wait for a load balancer to fail over. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** The process of the lab's servers, `main.ts CONFIGURATION`: it writes `{"ready":true}` when all of them listen. */
async function main([file = ""]: readonly string[]): Promise<void> {
  const configuration = servicesConfigurationSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const tls = { cert: readFileSync(configuration.certificate), key: readFileSync(configuration.key) };
  const { storage, metadata } = configuration;
  const accessKeys = metadata.map(({ instance }) => credentialsOf(instance).accessKeyId);
  const patient = { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS };
  for (const listen of configuration.web) await listenInNamespace(createServer(patient, webServer), listen);
  for (const listen of configuration.webTls) {
    await listenInNamespace(createTlsServer({ ...tls, ...patient }, webServer), listen);
  }
  await listenInNamespace(createTlsServer(tls, objectStorage(storage.folder, accessKeys)), storage.listen);
  for (const { listen, instance } of metadata) {
    const server = createServer(metadataService(instance, () => new Date()));
    await listenInNamespace(server, listen);
  }
  process.stdout.write('{"ready":true}\n');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
