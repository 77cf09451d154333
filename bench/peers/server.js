// The rows of bench/execution_apps.py, answered by other servers: node server.js yoga|mercurius|mercurius-jit PORT
const [name, port] = process.argv.slice(2);

const rows = Array.from({ length: 50 }, (_, n) => ({
  id: String(n),
  name: `name ${n}`,
  code: `code-${n}`,
  note: n % 2 ? null : "note",
  size: n,
  count: n * 7,
  price: n * 1.5,
  isOpen: n % 3 === 0,
  city: "city",
  street: `street ${n}`,
  parts: Array.from({ length: 3 }, (_, part) => ({ number: part, name: `part ${part}`, ratio: part / 4 })),
}));

const schema = `
  type Part { number: Int! name: String! ratio: Float! }
  type Row {
    id: ID! name: String! code: String! note: String size: Int! count: Int price: Float! isOpen: Boolean!
    city: String! street: String! parts: [Part!]!
  }
  type Query { rows: [Row!]! }
`;
const resolvers = { Query: { rows: async () => rows } };

if (name === "yoga") {
  const { createServer } = require("node:http");
  const { createSchema, createYoga } = require("graphql-yoga");
  const yoga = createYoga({
    schema: createSchema({ typeDefs: schema, resolvers }),
    graphqlEndpoint: "/",
    logging: false,
  });
  createServer(yoga).listen(Number(port), "127.0.0.1");
} else {
  const app = require("fastify")();
  app.register(require("mercurius"), { schema, resolvers, path: "/", jit: name === "mercurius-jit" ? 1 : 0 });
  app.listen({ port: Number(port), host: "127.0.0.1" });
}
