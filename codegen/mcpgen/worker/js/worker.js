// The worker: requests go to an instance of the component, one at a time each.

import { instantiate } from "./component/server.js";
import { incoming, ResponseOutparam, TooSlow } from "./http.js";
import { BEAT, Instances } from "./instances.js";
import { MOST, modules } from "./modules.js";
import { failed, limited, refused } from "./refusal.js";
import { imports } from "./wasi.js";

let variables = {};
const instances = new Instances(() => instantiate((name) => modules[name], imports(() => variables)));
// One is made as the worker starts: it takes as long as a hundred requests.
instances.give(await instances.take());

export default {
  async fetch(request, env, context) {
    if (variables !== env) {
      variables = env;
      instances.most = most(env.MCPGEN_INSTANCES);
    }
    let received;
    try {
      // First: who sends slowly would keep an instance from the others.
      received = await incoming(request);
    } catch (error) {
      if (!(error instanceof TooSlow)) return refused(400, "The body broke off");
      return limited(408, error.message, "message_seconds", error.seconds, { connection: "close" });
    }
    // Who goes away while waiting for an instance gets one all the same, and has to give it back.
    const served = Promise.withResolvers();
    context.waitUntil(served.promise);
    let instance;
    try {
      instance = await instances.take();
    } catch (error) {
      served.resolve();
      return failed("the component does not start", error);
    }
    if (!instance) {
      served.resolve();
      const message = `All instances are at work: MCPGEN_INSTANCES (${instances.most})`;
      return limited(503, message, "MCPGEN_INSTANCES", instances.most, { "retry-after": "1" });
    }
    // It ends with the request whose it is.
    const beating = setInterval(() => instances.hear(instance), BEAT);
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
      .then(() => {
        clearInterval(beating);
        served.resolve();
      });
    return outparam.response.catch((error) => failed("a request failed", error));
  },
};

async function handled(instance, received, outparam) {
  return instance.incomingHandler.handle(received, outparam);
}

/** How many instances may serve at once. */
function most(said) {
  if (!said) return MOST;
  const number = Number(said);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`error: MCPGEN_INSTANCES must be a whole number above 0, and is ${JSON.stringify(said)}: ${MOST} it is`);
  return MOST;
}
