// wasi:http/outgoing-handler over `fetch`.

import { Fields, GONE, IncomingBody, OutgoingBody } from "./http.js";
import { Body } from "./body.js";
import { InputStream, Pollable } from "./io.js";

const SEND_BODY = new Set(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export class RequestOptions {
  firstByte;

  setConnectTimeout() {}

  setFirstByteTimeout(duration) {
    this.firstByte = duration;
  }

  setBetweenBytesTimeout() {}
}

export class OutgoingRequest {
  #headers;
  #method = "GET";
  #path = "/";
  #scheme = "https";
  #authority = "";
  #content;

  constructor(headers) {
    this.#headers = headers;
  }

  setMethod(method) {
    this.#method = (method.tag === "other" ? method.val : method.tag).toUpperCase();
  }

  setPathWithQuery(path) {
    this.#path = path ?? "/";
  }

  setScheme(scheme) {
    this.#scheme = scheme?.tag === "HTTP" ? "http" : "https";
  }

  setAuthority(authority) {
    this.#authority = authority ?? "";
  }

  body() {
    if (this.#content) return GONE;
    this.#content = new Body();
    return new OutgoingBody(this.#content);
  }

  send(signal) {
    const body = SEND_BODY.has(this.#method) ? this.#content?.content() : undefined;
    const headers = this.#headers.strings();
    const url = `${this.#scheme}://${this.#authority}${this.#path}`;
    return fetch(url, { method: this.#method, headers, body, redirect: "manual", signal });
  }
}

export class IncomingResponse {
  #response;
  #consumed = false;

  constructor(response) {
    this.#response = response;
  }

  status() {
    return this.#response.status;
  }

  headers() {
    return Fields.of(this.#response.headers);
  }

  consume() {
    if (this.#consumed) return GONE;
    this.#consumed = true;
    return new IncomingBody(new InputStream(this.#response.body));
  }
}

export class FutureIncomingResponse {
  #result;
  #settled;
  #told = false;

  constructor(request, options) {
    const patience = options?.firstByte;
    const signal = patience === undefined ? undefined : AbortSignal.timeout(Number(patience) / 1e6);
    // In a turn of its own: until the component waits, it may write the body.
    this.#settled = Promise.resolve()
      .then(() => request.send(signal))
      .then(
        (response) => ({ tag: "ok", val: new IncomingResponse(response) }),
        (error) => ({ tag: "err", val: reason(error) }),
      )
      .then((result) => void (this.#result = result));
  }

  subscribe() {
    return new Pollable(
      () => this.#result !== undefined,
      () => this.#settled,
    );
  }

  get() {
    if (!this.#result) return undefined;
    if (this.#told) return GONE;
    this.#told = true;
    return { tag: "ok", val: this.#result };
  }
}

export function handle(request, options) {
  return new FutureIncomingResponse(request, options);
}

function reason(error) {
  if (error?.name === "TimeoutError") return { tag: "connection-read-timeout" };
  return { tag: "internal-error", val: String(error) };
}
