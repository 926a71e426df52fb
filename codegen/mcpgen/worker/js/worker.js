// The worker: requests go to an instance of the component, one at a time each.

import { instantiate } from "./component/server.js";
import { incoming, ResponseOutparam } from "./http.js";
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
    let instance;
    try {
      instance = await instances.take();
    } catch (error) {
      return failure("the component does not start", error);
    }
    if (!instance) return answer(503, "All instances are at work.", { "retry-after": "1" });
    // Without a reader it may not be resumed any more.
    const outparam = new ResponseOutparam(() => instances.lose(instance));
    const served = incoming(request)
      .then((received) => instance.incomingHandler.handle(received, outparam))
      .then(
        () => {
          instances.give(instance);
          outparam.fail(new Error("the component ended without an answer"));
        },
        (error) => {
          instances.lose(instance);
          outparam.fail(error);
        },
      );
    // The component goes on after it has begun to answer.
    context.waitUntil(served);
    return outparam.response.catch((error) => failure("a request failed", error));
  },
};

function failure(what, error) {
  console.error(`${what}:`, error?.stack ?? error);
  return answer(500, "Internal server error.");
}

function answer(status, text, headers = {}) {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain", ...headers } });
}
