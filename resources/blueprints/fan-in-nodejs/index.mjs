import { setTimeout as sleep } from "node:timers/promises";

async function call(milliseconds) {
  await sleep(milliseconds);
  return milliseconds;
}

export const handler = async (event) => {
  const started = performance.now();
  const waited = await Promise.all((event.milliseconds ?? [50]).map(call));
  return { waited, took: Math.round(performance.now() - started) };
};
