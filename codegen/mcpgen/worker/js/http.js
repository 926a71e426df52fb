// wasi:http/types over `Request` and `Response`.

import { Body, joined } from "./body.js";
import { InputStream, OutputStream } from "./io.js";

/** A result that says no more than that it is an error: what may be had once only has been had. */
const GONE = { tag: "err" };

const METHODS = new Set(["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"]);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Fields {
  #entries = [];

  static fromList(entries) {
    const fields = new Fields();
    for (const [name] of entries) {
      if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw { tag: "invalid-syntax" };
    }
    fields.#entries = entries;
    return fields;
  }

  static of(headers) {
    const fields = new Fields();
    for (const [name, value] of headers) fields.#entries.push([name, encoder.encode(value)]);
    return fields;
  }

  entries() {
    return this.#entries;
  }

  /** As `Request` and `Response` take them. */
  strings() {
    return this.#entries.map(([name, value]) => [name, decoder.decode(value)]);
  }
}

export class IncomingRequest {
  #request;
  #body;
  #path;

  constructor(request, body) {
    this.#request = request;
    this.#body = body;
    this.#path = request.url.indexOf("/", request.url.indexOf("://") + 3);
  }

  method() {
    const method = this.#request.method;
    const tag = method.toLowerCase();
    return METHODS.has(tag) ? { tag } : { tag: "other", val: method };
  }

  pathWithQuery() {
    return this.#request.url.slice(this.#path);
  }

  scheme() {
    return { tag: this.#request.url.startsWith("https:") ? "HTTPS" : "HTTP" };
  }

  authority() {
    const { url } = this.#request;
    return url.slice(url.indexOf("://") + 3, this.#path);
  }

  headers() {
    return Fields.of(this.#request.headers);
  }

  consume() {
    const body = this.#body;
    this.#body = undefined;
    return body ? new IncomingBody(body) : GONE;
  }
}

export class IncomingBody {
  #stream;

  constructor(stream) {
    this.#stream = stream;
  }

  stream() {
    const stream = this.#stream;
    this.#stream = undefined;
    return stream ?? GONE;
  }
}

/** What is named in the interface for requests of the component's own, which it cannot make. */
export class Unused {}

export class OutgoingResponse {
  status = 200;
  content = new Body();
  #headers;
  #taken = false;

  constructor(headers) {
    this.#headers = headers;
  }

  setStatusCode(status) {
    if (status < 200 || status > 599) return GONE;
    this.status = status;
  }

  body() {
    if (this.#taken) return GONE;
    this.#taken = true;
    return new OutgoingBody(this.content);
  }

  toResponse() {
    return new Response(this.content.content(), { status: this.status, headers: this.#headers.strings() });
  }
}

export class OutgoingBody {
  #content;

  constructor(content) {
    this.#content = content;
  }

  write() {
    return new OutputStream(this.#content);
  }

  static finish(body) {
    body.#content.end();
  }

  [Symbol.dispose]() {
    this.#content.break(new Error("the component gave its answer up"));
  }
}

/** Where the answer goes: `response` is a promise of it. `gone` is called when its reader goes away. */
export class ResponseOutparam {
  #answered = Promise.withResolvers();
  #gone;
  #outgoing;

  constructor(gone) {
    this.#gone = gone;
  }

  get response() {
    return this.#answered.promise;
  }

  static set(param, result) {
    if (result.tag === "err") return param.fail(new Error(`the component answers with ${result.val.tag}`));
    param.#outgoing = result.val;
    result.val.content.gone = param.#gone;
    // It runs when the component waits or has ended: what is written until then needs no stream.
    param.#answered.resolve(Promise.resolve().then(() => result.val.toResponse()));
  }

  fail(error) {
    this.#outgoing?.content.break(error);
    this.#answered.reject(error);
  }
}

/** Of a body so many bytes are read before the component is asked. */
const SMALL = 1 << 20;
/** Milliseconds that they may take: as `message_seconds` of the server, if nothing is said there. */
const SLOW = 60_000;

/** The body took longer than so many seconds. */
export class TooSlow extends Error {
  constructor(seconds) {
    super(`The body took longer than message_seconds (${seconds})`);
    this.seconds = seconds;
  }
}

/**
 * The request as WASI has it. What is small is read first, so that the component need not wait for it. Rejects with
 * `TooSlow`, or with the reason why the body broke off.
 */
export async function incoming(request) {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) <= SMALL) {
    const bytes = Number(length) ? await within(SLOW, request.arrayBuffer()) : 0;
    return new IncomingRequest(request, new InputStream(undefined, new Uint8Array(bytes)));
  }
  // To look at the body makes a stream of it, which takes as long as all the rest.
  const stream = request.body;
  if (!stream) return new IncomingRequest(request, new InputStream());
  const reader = stream.getReader();
  const { bytes, ended } = await within(SLOW, beginning(reader)).catch((error) => {
    reader.cancel(error).catch(() => {});
    throw error;
  });
  reader.releaseLock();
  return new IncomingRequest(request, new InputStream(ended ? undefined : stream, bytes));
}

/** What `reader` gives until there is enough of it, and whether that is all. */
async function beginning(reader) {
  const chunks = [];
  let size = 0;
  let ended = false;
  while (!ended && size < SMALL) {
    const { value, done } = await reader.read();
    ended = done;
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  return { bytes: joined(chunks, size), ended };
}

/** What `promise` gives. Rejects with `TooSlow` after so many milliseconds. */
function within(milliseconds, promise) {
  const { promise: first, resolve, reject } = Promise.withResolvers();
  const late = () => reject(new TooSlow(milliseconds / 1000));
  const timer = setTimeout(late, milliseconds);
  promise.then(resolve, reject).finally(() => clearTimeout(timer));
  return first;
}
