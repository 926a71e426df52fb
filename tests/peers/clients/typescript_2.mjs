// The official TypeScript client of the 2.x line against examples/everything; prints what it saw as JSON.
// Arguments: stdio|http|sse, the revision, then the command or the URL.

import { Client, SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const WATCHED = "test://watched-resource";
const [kind, revision, ...target] = process.argv.slice(2);
const modern = revision === "2026-07-28";
// Where any instance serves any request, none knows of waits and subscriptions in another.
const remembers = !process.env.STATELESS;
const saw = {};
const seen = new Set();
const log = [];

const client = new Client(
  { name: "typescript-2", version: "1.0.0" },
  {
    capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
    supportedProtocolVersions: [revision],
    versionNegotiation: { mode: modern ? { pin: revision } : "legacy" },
  },
);
client.setRequestHandler("elicitation/create", ({ params }) => ({
  action: "accept",
  ...(params.mode !== "url" && { content: { username: "ada", email: "ada@example.com" } }),
}));
client.setRequestHandler("sampling/createMessage", ({ params }) => ({
  role: "assistant",
  model: "none",
  content: { type: "text", text: `echo of ${params.messages[0].content.text}` },
}));
client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///work", name: "work" }] }));
client.setNotificationHandler("notifications/message", ({ params }) => void log.push(params.data));
client.setNotificationHandler("notifications/resources/updated", () => void seen.add("ResourceUpdated"));
client.setNotificationHandler("notifications/tools/list_changed", () => void seen.add("ToolsListChanged"));

const transport = {
  stdio: () => new StdioClientTransport({ command: target[0], args: target.slice(1), env: process.env }),
  http: () => new StreamableHTTPClientTransport(new URL(target[0])),
  sse: () => new SSEClientTransport(new URL(target[0])),
}[kind]();

const code = (promise) => promise.then(() => null, (error) => error.code);
const until = async (condition) => {
  for (let turn = 0; turn < 200 && !(await condition()); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const text = (name, args) =>
  client.callTool({ name, arguments: args }).then(({ content }) => content[0].text, (error) => error.code);
const read = async (uri) => (await client.readResource({ uri })).contents[0];
const complete = async (ref, name, value, settled) =>
  (await client.complete({ ref, argument: { name, value }, ...(settled && { context: { arguments: settled } }) }))
    .completion.values;

await client.connect(transport);
saw.revision = client.getNegotiatedProtocolVersion();
saw.tools = (await client.listTools()).tools.map((tool) => tool.name);
saw.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
saw.resources = (await client.listResources()).resources.map((resource) => resource.uri);
saw.templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
const added = await client.callTool({ name: "add", arguments: { a: 2, b: 3.5 } });
saw.sum = [added.content[0].text, added.structuredContent ?? null];
const failed = await client.callTool({ name: "test_error_handling" });
saw["tool error"] = [failed.isError, failed.content[0].text];
saw["unknown tool"] = await code(client.callTool({ name: "none" }));
saw.link = (await client.callTool({ name: "resource_link" })).content[0].type;
saw.text = (await read("test://static-text")).text;
saw.blob = (await read("test://static-binary")).blob;
saw.template = JSON.parse((await read("test://template/123/data")).text);
saw["unknown resource"] = await code(read("test://none"));
const prompt = await client.getPrompt({
  name: "test_prompt_with_arguments",
  arguments: { arg1: "Paris", arg2: "Louvre" },
});
saw.prompt = prompt.messages[0].content.text;
const cities = { type: "ref/prompt", name: "test_prompt_with_arguments" };
saw.cities = await complete(cities, "arg1", "Li");
saw.sights = await complete(cities, "arg2", "l", { arg1: "Paris" });
saw.ids = await complete({ type: "ref/resource", uri: "test://template/{id}/data" }, "id", "12");

saw.elicited = await text("test_elicitation", { message: "Who are you?" });
saw.visited = await text("elicitation_url");
saw.sampled = await text("test_sampling", { prompt: "hello" });
saw.roots = await text("test_input_required_result_list_roots");

saw.progress = [];
await client.callTool(
  { name: "test_tool_with_progress" },
  { onprogress: ({ progress, total }) => saw.progress.push([progress, total]) },
);
if (!modern) await client.setLoggingLevel("info");
await client.callTool({
  name: "test_tool_with_logging",
  ...(modern && { _meta: { "io.modelcontextprotocol/logLevel": "info" } }),
});
saw.log = log;
saw.reconnected = await text("test_reconnection");

if (remembers) {
  const cancelled = async () => Number((await read("test://cancelled-waits")).text);
  const before = await cancelled();
  const stop = new AbortController();
  await client
    .callTool(
      { name: "wait", arguments: { seconds: 60 } },
      { signal: stop.signal, onprogress: () => stop.abort("enough") },
    )
    .catch(() => {});
  await until(async () => (saw.cancelled = (await cancelled()) - before));

  const listening = modern
    ? await client.listen({ toolsListChanged: true, resourceSubscriptions: [WATCHED] })
    : await client.subscribeResource({ uri: WATCHED });
  await client.callTool({ name: "touch" });
  await client.callTool({ name: "test_trigger_tool_change" });
  await until(() => seen.size === 2);
  if (modern) await listening.close();
  else await client.unsubscribeResource({ uri: WATCHED });
  saw.changes = [...seen].sort();
}
saw.server = client.getServerVersion()?.name;

if (kind === "http" && !modern) await transport.terminateSession();
await client.close();
console.log(JSON.stringify(saw));
