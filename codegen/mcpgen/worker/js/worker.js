// The worker: requests go to an instance of the component, one at a time each.

import { instantiate } from "./component/server.js";
import { incoming, ResponseOutparam, TooSlow } from "./http.js";
import { Instances } from "./instances.js";
import { MOST, modules } from "./modules.js";
import { imports } from "./wasi.js";

let variables = {};
const instances = new Instances(() => instantiate((name) => modules[name], imports(() => variables)));
// One is made as the worker starts: it takes as long as a hundred requests.
instances.give(await instances.take());

export default {
  async fetch(request, env, context) {
    variables = env;
    instances.most = Number(env.MCPGEN_INSTANCES) || MOST;
    let received;
    try {
      // First: who sends slowly would keep an instance from the others.
      received = await incoming(request);
    } catch (error) {
      if (error instanceof TooSlow) return answer(408, error.message, { connection: "close" });
      return answer(400, "The body broke off.");
    }
    // Who goes away while waiting for an instance gets one all the same, and has to give it back.
    const served = Promise.withResolvers();
    context.waitUntil(served.promise);
    let instance;
    try {
      instance = await instances.take();
    } catch (error) {
      served.resolve();
      return failure("the component does not start", error);
    }
    if (!instance) {
      served.resolve();
      return answer(503, "All instances are at work.", { "retry-after": "1" });
    }
    const outparam = new ResponseOutparam(() => instances.leave(instance));
    // The component goes on after it has begun to answer.
    handled(instance, received, outparam)
      .then(
        () => {
          instances.give(instance);
          outparam.fail(new Error("the component ended without an answer"));
        },
        (error) => {
          instances.end(instance);
          outparam.fail(error);
        },
      )
      .then(served.resolve);
    return outparam.response.catch((error) => failure("a request failed", error));
  },
};

async function handled(instance, received, outparam) {
  return instance.incomingHandler.handle(received, outparam);
}

function failure(what, error) {
  console.error(`${what}:`, error?.stack ?? error);
  return answer(500, "Internal server error.");
}

function answer(status, text, headers = {}) {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain", ...headers } });
}
