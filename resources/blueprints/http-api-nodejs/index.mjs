import { route, reply } from "./router.mjs";

// Lives as long as this execution environment does: keep what must last in a database.
const todos = new Map([["1", { id: "1", title: "Deploy a function", done: true }]]);

const routes = {
  "GET /todos": () => reply(200, [...todos.values()]),
  "GET /todos/{id}": ({ id }) => (todos.has(id) ? reply(200, todos.get(id)) : reply(404, { error: "no such to-do" })),
  "POST /todos": (_, body) => {
    if (typeof body?.title !== "string") return reply(400, { error: "title is missing" });
    const todo = { id: String(todos.size + 1), title: body.title, done: false };
    todos.set(todo.id, todo);
    return reply(201, todo);
  },
};

export const handler = async (event) => route(routes, event);
