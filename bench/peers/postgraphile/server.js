// (e) PostGraphile over the product's tables: one process for each worker, the port shared by node:cluster.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [port, workers] = process.argv.slice(2).map(Number);

const preset = {
  extends: [PostGraphileAmberPreset],
  // rows are named by their own keys, as the other peers name them
  disablePlugins: ["NodePlugin"],
  pgServices: [
    // host, user and database come from the PG… variables; the pool is as large as it is by default
    makePgService({ connectionString: "", schemas: ["public"], pubsub: false }),
  ],
  grafserv: { graphiql: false, watch: false },
  grafast: { explain: false },
};

if (cluster.isPrimary) {
  const client = new pg.Client();
  await client.connect();
  await client.query(readFileSync(new URL("functions.sql", import.meta.url), "utf8"));
  await client.end();
  for (let number = 0; number < workers; number += 1) cluster.fork();
  cluster.on("exit", () => process.exit(1));
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
} else {
  const service = postgraphile(preset).createServ(grafserv);
  const graphql = createServer();
  await service.addTo(graphql);
  await service.ready();
  const [handle] = graphql.listeners("request");
  graphql.removeAllListeners("request");
  graphql.on("request", (request, response) => {
    if (request.url === "/ping") response.end("ok");
    else handle(request, response);
  });
  graphql.listen(port, "127.0.0.1");
}
