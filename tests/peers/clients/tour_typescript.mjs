// The official TypeScript clients, of the 1.x and the 2.x line, go through what `mcpgen validate-client` plays.
// Arguments: 1|2, the revision, then the server's command; without one it goes to $MCPGEN_URL.

const [line, revision, ...command] = process.argv.slice(2);
const modern = revision === "2026-07-28";
const handlers = {
  "elicitation/create": () => ({ action: "accept", content: { name: "ada", age: 36 } }),
  "sampling/createMessage": () => ({ role: "assistant", model: "none", content: { type: "text", text: "yes" } }),
  "roots/list": () => ({ roots: [{ uri: "file:///work", name: "work" }] }),
};
const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const info = { name: `typescript-${line}`, version: "1.0.0" };

async function line1() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const types = await import("@modelcontextprotocol/sdk/types.js");
  const client = new Client(info, { capabilities });
  client.setRequestHandler(types.ElicitRequestSchema, handlers["elicitation/create"]);
  client.setRequestHandler(types.CreateMessageRequestSchema, handlers["sampling/createMessage"]);
  client.setRequestHandler(types.ListRootsRequestSchema, handlers["roots/list"]);
  const transport = opened(StdioClientTransport, StreamableHTTPClientTransport);
  // It always offers the newest revision that it knows: only the message can be made to offer another.
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (message.method === "initialize") message.params.protocolVersion = revision;
    return send(message, options);
  };
  return [client, transport];
}

async function line2() {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const client = new Client(info, {
    capabilities,
    supportedProtocolVersions: [revision],
    versionNegotiation: { mode: modern ? { pin: revision } : "legacy" },
  });
  for (const [method, handler] of Object.entries(handlers)) client.setRequestHandler(method, handler);
  return [client, opened(StdioClientTransport, StreamableHTTPClientTransport)];
}

function opened(Stdio, Http) {
  if (!command.length) return new Http(new URL(process.env.MCPGEN_URL));
  return new Stdio({ command: command[0], args: command.slice(1), env: process.env, stderr: "inherit" });
}

const outcome = (promise) =>
  promise.then(
    () => "result",
    (error) => (console.error(`  ${error.name}: ${String(error.message).slice(0, 100)}`), "error"),
  );
const pages = async (list) => {
  let { nextCursor } = await list();
  for (let page = 0; page < 30 && nextCursor !== undefined; page++) ({ nextCursor } = await list({ cursor: nextCursor }));
};

const [client, transport] = await (line === "1" ? line1() : line2());
await client.connect(transport);
const { tools } = await client.listTools();
await outcome(pages((params) => client.listResources(params)));
await outcome(pages((params) => client.listResourceTemplates(params)));
await client.listPrompts();
for (const uri of ["scene://first", ...(modern ? ["scene://asks"] : [])]) await outcome(client.readResource({ uri }));
for (const name of ["plain", ...(modern ? ["frage größe"] : [])]) await outcome(client.getPrompt({ name }));
const names = new Set(tools.map((tool) => tool.name));
for (const { name, inputSchema } of tools) {
  const saw = await outcome(client.callTool({ name, arguments: inputSchema.examples?.[0] ?? {} }));
  console.error(name, saw);
  if (names.has("saw") && name !== "saw" && name !== "session_ends") {
    await outcome(client.callTool({ name: "saw", arguments: { tool: name, outcome: saw } }));
  }
}
await client.close();
