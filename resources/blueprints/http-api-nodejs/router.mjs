export const reply = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

// Matches "METHOD /path/{name}" against an API Gateway (payload 2.0) or function URL event.
export function route(routes, event) {
  const method = event.requestContext?.http?.method ?? event.httpMethod ?? "GET";
  const path = event.rawPath ?? event.path ?? "/";
  for (const [pattern, handle] of Object.entries(routes)) {
    const [wantedMethod, template] = pattern.split(" ");
    const names = [...template.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
    const match = path.match(new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`));
    if (method !== wantedMethod || !match) continue;
    const parameters = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1])]));
    return handle(parameters, bodyOf(event));
  }
  return reply(404, { error: `nothing at ${method} ${path}` });
}

function bodyOf(event) {
  if (!event.body) return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
