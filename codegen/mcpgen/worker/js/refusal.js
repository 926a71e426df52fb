// What the worker answers by itself: statuses and JSON-RPC errors as the native transport has them.

const INVALID_REQUEST = -32600;
const INTERNAL_ERROR = -32603;

/** A limit was reached: `limit` names it, and `value` is what it is. */
export function limited(status, message, limit, value, headers) {
  return refusal(status, { code: INVALID_REQUEST, message, data: { limit, value } }, headers);
}

/** The request is not what it should be. */
export function refused(status, message) {
  return refusal(status, { code: INVALID_REQUEST, message });
}

/** Something went wrong here: the log has the reason, and the client an id that leads to it. */
export function failed(what, reason) {
  const correlationId = crypto.randomUUID();
  console.error(`${what} [${correlationId}]:`, reason?.stack ?? reason);
  return refusal(500, { code: INTERNAL_ERROR, message: "Internal error", data: { correlationId } });
}

function refusal(status, error, headers = {}) {
  return Response.json({ jsonrpc: "2.0", error }, { status, headers });
}
