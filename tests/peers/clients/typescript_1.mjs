// The official TypeScript client of the 1.x line against examples/everything; prints what it saw as JSON.
// Arguments: stdio|http|sse|websocket, the revision, then the command or the URL.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

const WATCHED = "test://watched-resource";
const [kind, revision, ...target] = process.argv.slice(2);
// Where any instance serves any request, none knows of waits and subscriptions in another.
const remembers = !process.env.STATELESS;
const saw = {};
const seen = new Set();
const log = [];

const client = new Client(
  { name: "typescript-1", version: "1.0.0" },
  { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } },
);
client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
  action: "accept",
  ...(params.mode !== "url" && { content: { username: "ada", email: "ada@example.com" } }),
}));
client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
  role: "assistant",
  model: "none",
  content: { type: "text", text: `echo of ${params.messages[0].content.text}` },
}));
client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///work", name: "work" }] }));
client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void log.push(params.data));
client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => void seen.add("ResourceUpdated"));
client.setNotificationHandler(ToolListChangedNotificationSchema, () => void seen.add("ToolsListChanged"));

const transport = {
  stdio: () => new StdioClientTransport({ command: target[0], args: target.slice(1), env: process.env }),
  http: () => new StreamableHTTPClientTransport(new URL(target[0])),
  sse: () => new SSEClientTransport(new URL(target[0])),
  websocket: () => new WebSocketClientTransport(new URL(target[0])),
}[kind]();
// Only its transport is ever told which revision was agreed upon.
const agreed = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (version) => {
  saw.revision = version;
  agreed?.(version);
};
if (revision !== "2025-11-25") {
  // It always offers the newest revision that it knows: only the message can be made to offer another.
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (message.method === "initialize") message.params.protocolVersion = revision;
    return send(message, options);
  };
}

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
saw.server = client.getServerVersion().name;
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
await client.callTool({ name: "test_tool_with_progress" }, undefined, {
  onprogress: ({ progress, total }) => saw.progress.push([progress, total]),
});
await client.setLoggingLevel("info");
await client.callTool({ name: "test_tool_with_logging" });
saw.log = log;
saw.reconnected = await text("test_reconnection");

if (remembers) {
  const cancelled = async () => Number((await read("test://cancelled-waits")).text);
  const before = await cancelled();
  const stop = new AbortController();
  await client
    .callTool({ name: "wait", arguments: { seconds: 60 } }, undefined, {
      signal: stop.signal,
      onprogress: () => stop.abort("enough"),
    })
    .catch(() => {});
  await until(async () => (saw.cancelled = (await cancelled()) - before));

  await client.subscribeResource({ uri: WATCHED });
  await client.callTool({ name: "touch" });
  await client.callTool({ name: "test_trigger_tool_change" });
  await until(() => seen.size === 2);
  await client.unsubscribeResource({ uri: WATCHED });
  saw.changes = [...seen].sort();
}

if (kind === "http") await transport.terminateSession();
await client.close();
console.log(JSON.stringify(saw));
